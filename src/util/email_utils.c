#include "util/email_utils.h"

#include <string.h>

/* English whatever the locale, unlike strftime's. */
static const char weekdays[][4] = { "Sun", "Mon", "Tue", "Wed",
                                    "Thu", "Fri", "Sat" };
static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

void
write_two_digits(char *to, int number)
{
    to[0] = (char)('0' + number / 10);
    to[1] = (char)('0' + number % 10);
}

/* A year of four digits has its place: 150 instructions, and 2,900 by a
 * format. */
static PyObject *
fill_in_date(const struct tm *tm)
{
    int year = tm->tm_year + 1900;
    char text[] = "Thu, 01 Jan 1970 00:00:00 GMT";

    memcpy(text, weekdays[tm->tm_wday], 3);
    write_two_digits(text + 5, tm->tm_mday);
    memcpy(text + 8, months[tm->tm_mon], 3);
    write_two_digits(text + 12, year / 100);
    write_two_digits(text + 14, year % 100);
    write_two_digits(text + 17, tm->tm_hour);
    write_two_digits(text + 20, tm->tm_min);
    write_two_digits(text + 23, tm->tm_sec);
    return PyUnicode_FromStringAndSize(text, sizeof(text) - 1);
}

PyObject *
imf_fixdate(time_t timeval, char pad)
{
    struct tm tm; /* its weeks begin with Sunday, its months with 0 */
    char text[64];

    if (gmtime_r(&timeval, &tm) == NULL) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    if (tm.tm_year >= 1000 - 1900 && tm.tm_year <= 9999 - 1900) {
        return fill_in_date(&tm);
    }
    PyOS_snprintf(text, sizeof(text),
                  pad == '0' ? "%s, %02d %s %04d %02d:%02d:%02d GMT"
                             : "%s, %02d %s %4d %02d:%02d:%02d GMT",
                  weekdays[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                  tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return PyUnicode_FromString(text);
}

/* Lib/email/utils.py: formatdate */
PyObject *
formatdate(time_t timeval)
{
    return imf_fixdate(timeval, '0');
}
