/* Instead of libFuzzer, where that is not: gives a target each file of a
 * folder, once. Prints how many there were. */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The whole file; its size in *size. The caller frees it. */
static uint8_t *
read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data;
    long end;

    if (file == NULL || fseek(file, 0, SEEK_END) < 0 ||
        (end = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) < 0)
    {
        perror(path);
        exit(1);
    }
    *size = (size_t)end;
    data = malloc(*size + 1);
    if (data == NULL || fread(data, 1, *size, file) != *size) {
        perror(path);
        exit(1);
    }
    fclose(file);
    return data;
}

static void
replay(const char *path)
{
    size_t size;
    uint8_t *data = read_file(path, &size);

    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

int
main(int argc, char *argv[])
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    int count = 0;

    if (folder == NULL) {
        fprintf(stderr, "%s FOLDER: gives the target each file of it\n",
                argv[0]);
        return 2;
    }
    LLVMFuzzerInitialize(&argc, &argv);
    while ((entry = readdir(folder)) != NULL) {
        char path[PATH_MAX];

        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
            replay(path);
            count++;
        }
    }
    closedir(folder);
    fuzz_end();
    printf("%d inputs\n", count);
    return count > 0 ? 0 : 1;
}
