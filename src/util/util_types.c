#include "util/util_types.h"

#include "names.h"
#include "util/file_wrapper.h"

int
util_types_ready(void)
{
    return names_ready() < 0 ? -1 : PyType_Ready(&FileWrapper_type);
}
