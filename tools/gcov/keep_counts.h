/* A program or a module says here how its counts are written. */
#ifndef CWSGIREF_KEEP_COUNTS_H
#define CWSGIREF_KEEP_COUNTS_H

/* `dump` writes the counts into the .gcda files, and `reset` begins again. */
void keep_counts(void (*dump)(void), void (*reset)(void));

#endif
