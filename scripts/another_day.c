/* The time of day as it is so many seconds from now, for every program that is started with this.
 *
 * Nothing else is changed: what measures how long a thing takes, and what waits, is left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t ahead(void)
{
    static const char *seconds;
    static time_t known;
    if (seconds == NULL && (seconds = getenv("SECONDS_AHEAD_OF_THE_MACHINE")) != NULL)
        known = (time_t)strtoll(seconds, NULL, 10);
    return known;
}

int clock_gettime(clockid_t clock, struct timespec *at)
{
    static int (*own)(clockid_t, struct timespec *);
    if (own == NULL)
        own = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int failed = own(clock, at);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        at->tv_sec += ahead();
    return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone)
{
    static int (*own)(struct timeval *, void *);
    if (own == NULL)
        own = (int (*)(struct timeval *, void *))dlsym(RTLD_NEXT, "gettimeofday");
    int failed = own(at, zone);
    if (!failed)
        at->tv_sec += ahead();
    return failed;
}

time_t time(time_t *at)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at != NULL)
        *at = now.tv_sec;
    return now.tv_sec;
}
