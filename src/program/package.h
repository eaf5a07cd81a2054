/* `import cwsgiref` in an application: the classes are those of the program
 * itself, and the package's files in Python are found wherever the program is
 * started. Whoever does not import it pays nothing. */
#ifndef CWSGIREF_PROGRAM_PACKAGE_H
#define CWSGIREF_PROGRAM_PACKAGE_H

/* Builds the module into Python: before Python starts. 0, or -1 if there is no
 * memory. */
int package_build_in(void);

/* Lets Python find the package: 0, or -1 with an exception. */
int package_show(void);

#endif
