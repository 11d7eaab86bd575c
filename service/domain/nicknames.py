"""Short forms of given names, and spellings of one name that are further apart than a slip.

Source: local; put together from everyday English use and from the spellings of names that come
into English from Arabic and the Slavic languages. A line holds forms of one name; a form may stand
on several lines.
"""

from collections.abc import Mapping
from typing import Final

_LINES: Final = """
abdul abdel abd
abigail abby abbie gail
alan allan allen al
albert al bert bertie
alexander alexandra alexandria alex lex xander sasha sandy sacha aleksander aleksandr oleksandr
alfred alfie fred freddie
alice ali alys
amelia millie mia emily
andrew andy drew andrei andrzej andriy
angela angie angel
anne ann anna annie nancy anya
anthony antony tony ant
arthur art artie
barbara barb babs
benjamin ben benji benny
bernard bernie
bridget biddy bridie
calum callum malcolm cal
cameron cam
caroline carolyn carrie lina
catherine katherine kathryn cathryn cath cathy kate katie kath kathy kitty katarzyna kasia
charles charlie chas chuck
charlotte lottie charlie charley lotte
christine christina christopher chris chrissie tina kris topher kit
claire clare
clifford cliff
daniel dan danny
daniela danielle dani danny
david dave davey dai dawid
deborah debra deb debbie
diana diane di
donald don donnie
dorothy dot dottie dolly
douglas doug
edward ted teddy eddie ed ned edmund edwin
eleanor ellie nell nellie elinor elena
elizabeth elisabeth liz lizzie beth betty betsy eliza bess lisa libby elspeth elzbieta ela
emily em emmy millie emma
eugene gene
evelyn eve evie
ewan ewen euan
fatima fatimah fatma fatema fatoumata
florence flo florrie flossie
frances francis fran frank frankie fanny
frederick fred freddie freddy
gabriel gabriella gabe gabby
gareth gary gaz
geoffrey jeffrey geoff jeff
george georgie
georgina georgia georgie gina
gerald gerard gerry jerry
gillian jill gill
grace gracie
graham graeme
gregory greg
hannah hanna
harold harry hal
harriet hattie harry
helen helena nell ellen
henry harry hank hal
hussain hussein husain hossein husayn
ibrahim abraham abe ibby
isabel isabelle isabella izzy bella issy ysabel
isaac ike zac
jacob jake jakub kuba yakub yaqub
jacqueline jackie jacqui
james jim jimmy jamie jem
jane jean janet janie
jasmine jas jazz yasmin yasmine yasmeen
jennifer jenny jen jenna
jessica jess jessie
joan joanna joanne jo
john jack johnny jon ian sean ivan jan johan
jonathan jon jonny nathan
joseph joe joey yusuf youssef yousef yosef jozef
joshua josh
judith judy jude
julia julie juliet jules
katie kate katherine
kayleigh kayley kaylee
kenneth ken kenny
khadija khadijah khadeeja
laura lauren laurie
lawrence laurence larry laurie
leonard leo len lenny
lesley leslie les
lillian lily lilly lil
louis lewis lou louie
louise lou lulu
lucy lucia lucinda luce
madeleine madeline maddie maddy
malgorzata gosia margaret
margaret maggie meg peggy marge margie greta megan rita daisy
maria mary marie mariam maryam miriam molly polly may mia
martin marty marcin
martha patty
matilda tilly maud mattie
matthew matt matty mateusz
maxwell max maximilian
megan meg
michael mike mick mickey micky mikey michal mykhailo
michelle shelly shell
mohammed muhammad mohamed mohammad muhammed mohamad mohd md mo mohamud mehmet mahomet
mustafa mustapha mostafa
natalie nat nataliya natalia natasha tasha
nathaniel nathan nat nate
nicholas nick nicky nico klaus mikolaj mykola
nicola nicole nicky nikki
oliver ollie oli
olivia liv livvy olive
omar umar omer
pamela pam
patricia pat patty trish tricia
patrick pat paddy padraig
paul pavel pawel pauly
penelope penny
peter pete piotr petro
philip phillip phil pip
phoebe pheobe
rachel rach rachael
raymond ray
rebecca becky becca beck
reginald reg reggie
richard rick ricky dick rich richie
robert rob bob bobby robbie bert
roberta bobbie
roderick rod roddy
ronald ron ronnie
rosemary rose rosie rosa
ruth ruthie
samuel samantha sam sammy
sarah sara sally sadie
shaun sean shawn
sophia sophie sofia zofia zosia
stanley stan
stephanie steph stevie
stephen steven steve stevie stefan stephan
susan sue susie suzanne suzie susanna
sylvia silvia sylvie
tamara tammy
teresa theresa terry tess tessa
terence terry
thomas tom tommy tomasz
timothy tim timmy
toby tobias
tracy tracey
tyler ty
valerie val
veronica vera ronnie
victor vic
victoria vicky vicki tori
vincent vince vinny
virginia ginny
vladimir volodymyr vlad vova
walter wally walt
william will bill billy willy liam wills
winifred winnie freda
yusuf youssef yousef yousuf joseph
zachary zac zach zack zak
zoe zoey
"""


def _by_form() -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(_LINES.split("\n")):
        for form in line.split():
            found.setdefault(form, set()).add(number)
    return {form: frozenset(lines) for form, lines in found.items()}


SHORT_FORMS: Final = _by_form()
"""For each form the numbers of the lines that it stands on: two on one line may be one name."""
