#include "util/util_types.h"

#include "util/file_wrapper.h"

int
util_types_ready(void)
{
    return PyType_Ready(&FileWrapper_type);
}
