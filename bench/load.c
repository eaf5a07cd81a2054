/* The client of script/bench: it asks a server for the same again and again,
 * each time over a new connection.
 *
 *     load PORT CONNECTIONS LIMIT <REQUEST
 *
 * CONNECTIONS are open at any time. LIMIT is a number of requests, or one of
 * seconds, as in "0.5s". REQUEST, from standard input, is sent as it is. The
 * last line of the output is a JSON object: how many requests, in how many
 * seconds, how many of them went wrong, the bytes of all answers, the median
 * and the 99th percentile of the time from connect to the end of the answer in
 * microseconds, and the processor time of this client in seconds. A request
 * goes wrong when its answer has another status than 200, or another length
 * than the first answer.
 *
 * It must cost less than the server that it asks. So it makes five system
 * calls a request (socket, connect, send, recv, close) and no others: it sends
 * at once, and waits for the answers in the order of the requests. Of a long
 * answer, only the beginning is copied. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_CONNECTIONS = 256,
    MAX_REQUEST = 1 << 20,
    BEGINNING = 4096,  /* of an answer, that is copied */
    LOW_WATER = 65536, /* bytes that are worth waking up for */
    AT_ONCE = 1 << 30, /* as much as there is */
    PATIENCE = 60,     /* seconds beyond those that were asked for */
};

static const int64_t SECOND = 1000000000; /* in nanoseconds */

typedef struct Connection {
    int fd;        /* -1: the request could not be sent */
    int64_t start; /* before connect */
} Connection;

typedef struct Load {
    struct sockaddr_in address;
    char *request;
    size_t request_size;
    long connections;
    long limit;      /* requests; 0: by time */
    int64_t seconds; /* in nanoseconds; 0: by requests */
    long begun, ended, wrong;
    int64_t bytes;
    int64_t length; /* of the first answer; -1: there was none yet */
    int64_t *times; /* of each request */
    size_t capacity;
    Connection ring[MAX_CONNECTIONS];
} Load;

static int64_t
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static void *
allocated(void *memory)
{
    if (memory == NULL) {
        perror("load");
        exit(1);
    }
    return memory;
}

/* ---- One request ---- */

static void
begin(Load *load)
{
    Connection *next = &load->ring[load->begun % load->connections];
    const struct sockaddr *address = (struct sockaddr *)&load->address;

    next->start = now();
    next->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(next->fd, address, sizeof(load->address)) < 0 ||
        send(next->fd, load->request, load->request_size, MSG_NOSIGNAL) !=
            (ssize_t)load->request_size)
    {
        close(next->fd);
        next->fd = -1;
    }
    load->begun++;
}

/* Reads an answer to its end. Returns its length, or -1 when it is none. */
static int64_t
receive(int fd)
{
    static char beginning[BEGINNING];
    static const int low_water = LOW_WATER;
    int64_t length = recv(fd, beginning, sizeof(beginning), MSG_WAITALL);
    ssize_t more;

    if (length < (int64_t)strlen("HTTP/1.0 200") ||
        memcmp(beginning, "HTTP/1.", 7) != 0 ||
        memcmp(beginning + 8, " 200", 4) != 0)
    {
        return -1;
    }
    if (length < BEGINNING) {
        return length;
    }
    /* The server must not wake us for every segment. */
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low_water, sizeof(low_water));
    while ((more = recv(fd, NULL, AT_ONCE, MSG_TRUNC | MSG_WAITALL)) > 0) {
        length += more;
    }
    return more < 0 ? -1 : length;
}

static void
end(Load *load)
{
    Connection *oldest = &load->ring[load->ended % load->connections];
    int64_t length = -1;

    if (oldest->fd >= 0) {
        length = receive(oldest->fd);
        close(oldest->fd);
    }
    if ((size_t)load->ended == load->capacity) {
        load->capacity *= 2;
        load->times = allocated(
            realloc(load->times, load->capacity * sizeof(*load->times)));
    }
    load->times[load->ended] = now() - oldest->start;
    load->ended++;
    if (load->length < 0) {
        load->length = length;
    }
    if (length < 0 || length != load->length) {
        load->wrong++;
    }
    else {
        load->bytes += length;
    }
}

/* ---- All of them ---- */

/* Returns the seconds that they took. */
static double
run(Load *load)
{
    int64_t start = now();

    while (true) {
        while (load->begun - load->ended < load->connections &&
               (load->limit > 0 ? load->begun < load->limit
                                : now() - start < load->seconds))
        {
            begin(load);
        }
        if (load->begun == load->ended) {
            return (double)(now() - start) / (double)SECOND;
        }
        end(load);
    }
}

static int
compare(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;

    return (a > b) - (a < b);
}

static double
processor_time(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
report(Load *load, double seconds)
{
    size_t count = (size_t)load->ended;

    qsort(load->times, count, sizeof(*load->times), compare);
    printf("{\"requests\": %ld, \"seconds\": %.6f, \"wrong\": %ld, "
           "\"bytes\": %lld, \"median\": %.1f, \"p99\": %.1f, "
           "\"client\": %.6f}\n",
           load->ended, seconds, load->wrong, (long long)load->bytes,
           (double)load->times[count / 2] / 1e3,
           (double)load->times[count * 99 / 100] / 1e3, processor_time());
}

/* ---- The command line ---- */

static void
read_request(Load *load)
{
    load->request = allocated(malloc(MAX_REQUEST));
    load->request_size = fread(load->request, 1, MAX_REQUEST, stdin);
}

/* "200", or "0.5s"; false: neither. */
static bool
parse_limit(Load *load, const char *text)
{
    char *rest;
    double number = strtod(text, &rest);

    if (rest == text || number <= 0) {
        return false;
    }
    if (strcmp(rest, "s") == 0) {
        load->seconds = (int64_t)(number * (double)SECOND);
        return true;
    }
    load->limit = (long)number;
    return *rest == '\0' && load->limit > 0;
}

int
main(int argc, char **argv)
{
    static Load load = { .length = -1, .capacity = 65536 };
    double seconds;

    if (argc != 4 || !parse_limit(&load, argv[3])) {
        fprintf(stderr, "usage: load PORT CONNECTIONS LIMIT <REQUEST\n");
        return 2;
    }
    load.connections = strtol(argv[2], NULL, 10);
    if (load.connections < 1 || load.connections > MAX_CONNECTIONS) {
        fprintf(stderr, "load: 1 to %d connections\n", MAX_CONNECTIONS);
        return 2;
    }
    load.address.sin_family = AF_INET;
    load.address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    load.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    load.times = allocated(malloc(load.capacity * sizeof(*load.times)));
    read_request(&load);
    if (load.limit == 0) {
        /* A server that hangs would hang us. */
        alarm((unsigned)(load.seconds / SECOND) + PATIENCE);
    }
    seconds = run(&load);
    report(&load, seconds);
    return 0;
}
