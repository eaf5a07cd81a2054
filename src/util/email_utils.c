#include "util/email_utils.h"

/* English whatever the locale, unlike strftime's. */
static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed",
                                        "Thu", "Fri", "Sat" };
static const char *const months[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

/* Lib/email/utils.py: formatdate */
PyObject *
formatdate(time_t timeval)
{
    struct tm tm; /* its weeks begin with Sunday, its months with 0 */
    char text[64];

    if (gmtime_r(&timeval, &tm) == NULL) {
        PyErr_SetFromErrno(PyExc_OSError);
        return NULL;
    }
    PyOS_snprintf(text, sizeof(text), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  weekdays[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                  tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return PyUnicode_FromString(text);
}
