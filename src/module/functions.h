/* The functions of wsgiref's modules for Python. */
#ifndef CWSGIREF_MODULE_FUNCTIONS_H
#define CWSGIREF_MODULE_FUNCTIONS_H

#include "module/class.h"

extern const Slot functions[]; /* ended by a name of NULL */

#endif
