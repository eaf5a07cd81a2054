#include "validate/validate_types.h"

#include "release.h"
#include "validate/error_wrapper.h"
#include "validate/input_wrapper.h"
#include "validate/iterator_wrapper.h"
#include "validate/validate.h"
#include "validate/write_wrapper.h"

int
validate_types_ready(void)
{
    static PyTypeObject *const types[] = {
        &InputWrapper_type,           &InputLines_type,
        &ErrorWrapper_type,           &WriteWrapper_type,
        &PartialIteratorWrapper_type, &IteratorWrapper_type,
    };

    if (release_ready() < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        if (PyType_Ready(types[i]) < 0) {
            return -1;
        }
    }
    return validate_ready();
}
