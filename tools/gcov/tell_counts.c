/* Linked into every program and every module of the gcov preset: each has
 * counts of its own. */
#include "keep_counts.h"

void __gcov_dump(void);
void __gcov_reset(void);

__attribute__((constructor)) static void
tell_counts(void)
{
    keep_counts(__gcov_dump, __gcov_reset);
}
