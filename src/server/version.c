#include "server/version.h"

#include "python/release.h"

char server_version[20];
char software_version[80];

void
version_ready(void)
{
    PyOS_snprintf(server_version, sizeof(server_version), "%s",
                  release()->server_version);
    PyOS_snprintf(software_version, sizeof(software_version), "%s CPython/%s",
                  server_version, python_version());
}
