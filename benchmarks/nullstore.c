/*
 * nullstore: an S3 endpoint on 127.0.0.1 that costs almost nothing, to measure clients.
 *
 *     nullstore FILE KEYS
 *
 * prints the port that it listens on and serves until its standard input ends, so it cannot outlive
 * the harness that started it. It stores nothing and checks no signature: bodies of uploads are
 * thrown away in the kernel, bodies of downloads come from FILE by sendfile, and the pages of the one
 * listing, of KEYS keys, are rendered once. What it answers is what S3 answers, headers included,
 * so that a client does all the work that S3 would make it do.
 *
 * A key tells what is stored at it: "crc32-4096/a" is an object of 4,096 bytes (the first of FILE)
 * that S3 keeps a CRC32 of. The checksums are "none", "crc32" and "crc64nvme".
 *
 * The protocol: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define HEAD_LIMIT (64 * 1024)         /* of a request's head; more closes the connection */
#define DOCUMENT_LIMIT (8 * 1024 * 1024) /* of a DeleteObjects body: 1,000 keys of 1,024 bytes fit */
#define PAGE_KEYS 1000
#define ONE_WRITE (60 * 1024)          /* up to here head and body leave in one call */
#define STEP (16 * 1024 * 1024)        /* per sendfile or discarding recv */

#define WHEN_HTTP "Wed, 21 Oct 2026 07:28:00 GMT"
#define WHEN_ISO "2026-10-21T07:28:00.000Z"
#define ETAG "9b2cf535f27731c974343645a3985328"
#define XMLNS "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define AS_XML "Content-Type: application/xml\r\n"

static int object_fd;
static const unsigned char *object_bytes;
static long object_size;

/* ---------------------------------------------------------------- growing text, for documents */

struct text {
    char *data;
    size_t length, capacity;
};

static void append(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void reserve(struct text *text, size_t more) {
    if (text->length + more < text->capacity) return;
    text->capacity = 2 * (text->length + more) + 256;
    text->data = realloc(text->data, text->capacity);
    if (text->data == NULL) {
        fputs("nullstore: out of memory\n", stderr);
        exit(1);
    }
}

static void append(struct text *text, const char *format, ...) {
    va_list arguments;
    char line[1024];
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line) {
        fputs("nullstore: a line is too long\n", stderr);
        exit(1);
    }
    reserve(text, (size_t)length);
    memcpy(text->data + text->length, line, (size_t)length);
    text->length += (size_t)length;
}

static void append_bytes(struct text *text, const char *data, size_t length) {
    reserve(text, length);
    memcpy(text->data + text->length, data, length);
    text->length += length;
}

/* ---------------------------------------------------------------- checksums, as S3 keeps them */

enum algorithm { NONE, CRC32, CRC64NVME, ALGORITHMS };

static const char *const algorithm_names[ALGORITHMS] = {"none", "crc32", "crc64nvme"};
static const uint64_t polynomials[ALGORITHMS] = {0, 0xEDB88320u, 0x9A6C9329AC4BC9B5u}; /* reflected */
static uint64_t crc_tables[ALGORITHMS][256];

static void make_crc_tables(void) {
    for (int algorithm = CRC32; algorithm < ALGORITHMS; algorithm++)
        for (uint64_t byte = 0; byte < 256; byte++) {
            uint64_t crc = byte;
            for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ polynomials[algorithm] : crc >> 1;
            crc_tables[algorithm][byte] = crc;
        }
}

static void encode_base64(const unsigned char *data, size_t length, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        uint32_t group = (uint32_t)data[i] << 16;
        if (i + 1 < length) group |= (uint32_t)data[i + 1] << 8;
        if (i + 2 < length) group |= data[i + 2];
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = i + 1 < length ? digits[group >> 6 & 63] : '=';
        *out++ = i + 2 < length ? digits[group & 63] : '=';
    }
    *out = 0;
}

/* The checksum of the first `size` bytes of the file, in base64. Computed once for each pair: a run asks
 * for a handful. When the memory for them is used up it is computed again each time. */
static void checksum_of(enum algorithm algorithm, long size, char out[16]) {
    static struct { enum algorithm algorithm; long size; char value[16]; } known[64];
    static int count;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < count; i++)
        if (known[i].algorithm == algorithm && known[i].size == size) {
            memcpy(out, known[i].value, sizeof known[i].value);
            pthread_mutex_unlock(&lock);
            return;
        }
    int width = algorithm == CRC32 ? 4 : 8;
    uint64_t crc = algorithm == CRC32 ? 0xFFFFFFFFu : UINT64_MAX;
    for (long i = 0; i < size; i++) crc = crc >> 8 ^ crc_tables[algorithm][(crc ^ object_bytes[i]) & 255];
    crc ^= algorithm == CRC32 ? 0xFFFFFFFFu : UINT64_MAX;
    unsigned char digest[8];
    for (int i = 0; i < width; i++) digest[i] = (unsigned char)(crc >> 8 * (width - 1 - i));
    encode_base64(digest, (size_t)width, out);
    if (count < (int)(sizeof known / sizeof *known)) {
        known[count].algorithm = algorithm;
        known[count].size = size;
        memcpy(known[count++].value, out, sizeof known[0].value);
    }
    pthread_mutex_unlock(&lock);
}

/* ---------------------------------------------------------------- the listing, rendered once */

static struct text *pages[2]; /* [url-encoded][page] */
static int page_count;

static void render_pages(int keys) {
    page_count = keys > 0 ? (keys + PAGE_KEYS - 1) / PAGE_KEYS : 1;
    for (int encoded = 0; encoded < 2; encoded++) {
        pages[encoded] = calloc((size_t)page_count, sizeof(struct text));
        if (pages[encoded] == NULL) exit(1);
        for (int page = 0; page < page_count; page++) {
            struct text *out = &pages[encoded][page];
            int first = page * PAGE_KEYS, end = first + PAGE_KEYS < keys ? first + PAGE_KEYS : keys;
            bool last = page == page_count - 1;
            append(out, XML "<ListBucketResult " XMLNS "><Name>bench</Name><Prefix></Prefix>");
            if (!last) append(out, "<NextContinuationToken>page-%d</NextContinuationToken>", page + 1);
            append(out, "<KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys>", end - first, PAGE_KEYS);
            if (encoded) append(out, "<EncodingType>url</EncodingType>");
            append(out, "<IsTruncated>%s</IsTruncated>", last ? "false" : "true");
            for (int key = first; key < end; key++)
                append(out,
                       "<Contents><Key>data/day%s2026-10-21/file-%08d.parquet</Key>"
                       "<LastModified>" WHEN_ISO "</LastModified><ETag>&quot;%08xcf535f27731c974343645a39&quot;</ETag>"
                       "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
                       "<Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>",
                       encoded ? "%3D" : "=", key, (unsigned)key * 2654435761u, 4096 + key);
            append(out, "</ListBucketResult>");
        }
    }
}

/* ---------------------------------------------------------------- one connection */

struct connection {
    int fd;
    size_t filled, used; /* of `buffer`: received, and already dealt with */
    char buffer[HEAD_LIMIT];
};

struct request {
    char method[16];
    char target[8192]; /* path and query, as sent */
    char *path, *query; /* into `target`; the query without its question mark */
    char headers[HEAD_LIMIT]; /* from the first line's CR LF on, with a CR LF at the end of each line */
    char *body;  /* of a DeleteObjects request, with a 0 behind it; NULL otherwise */
};

static bool send_all(struct connection *c, struct iovec *parts, int count) {
    while (count > 0) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
        ssize_t sent = sendmsg(c->fd, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            return false;
        }
        while (count > 0 && (size_t)sent >= parts->iov_len) {
            sent -= (ssize_t)parts->iov_len;
            parts++, count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + sent;
            parts->iov_len -= (size_t)sent;
        }
    }
    return true;
}

/* Receive more into the buffer, moving what is left to its start. */
static bool fill(struct connection *c) {
    if (c->used > 0) {
        memmove(c->buffer, c->buffer + c->used, c->filled - c->used);
        c->filled -= c->used;
        c->used = 0;
    }
    if (c->filled == sizeof c->buffer) return false;
    for (;;) {
        ssize_t got = recv(c->fd, c->buffer + c->filled, sizeof c->buffer - c->filled, 0);
        if (got > 0) {
            c->filled += (size_t)got;
            return true;
        }
        if (got == 0 || errno != EINTR) return false;
    }
}

/* Throw away `length` bytes: MSG_TRUNC makes Linux drop them without copying them anywhere (tcp(7)). */
static bool discard(struct connection *c, long length) {
    long buffered = (long)(c->filled - c->used);
    if (buffered > length) buffered = length;
    c->used += (size_t)buffered;
    length -= buffered;
    while (length > 0) {
        ssize_t got = recv(c->fd, NULL, (size_t)(length < STEP ? length : STEP), MSG_TRUNC);
        if (got > 0) length -= got;
        else if (got == 0 || errno != EINTR) return false;
    }
    return true;
}

/* Where the next line of the connection ends (its LF's place + 1), relative to the start of the buffer. */
static bool next_line(struct connection *c, size_t *end) {
    for (;;) {
        char *newline = memchr(c->buffer + c->used, '\n', c->filled - c->used);
        if (newline != NULL) {
            *end = (size_t)(newline - c->buffer) + 1;
            return true;
        }
        if (!fill(c)) return false;
    }
}

static bool discard_chunked(struct connection *c) {
    for (;;) {
        size_t end;
        if (!next_line(c, &end)) return false;
        char *stop;
        errno = 0;
        long size = strtol(c->buffer + c->used, &stop, 16); /* stops at the line's end, which is there */
        if (errno != 0 || size < 0 || stop == c->buffer + c->used) return false;
        c->used = end;
        if (size > 0) {
            if (!discard(c, size) || !discard(c, 2)) return false;
            continue;
        }
        for (bool empty = false; !empty;) { /* trailers, up to an empty line */
            if (!next_line(c, &end)) return false;
            empty = end - c->used <= 2;
            c->used = end;
        }
        return true;
    }
}

/* Read `length` bytes into memory that the caller frees. */
static char *receive_document(struct connection *c, long length) {
    if (length < 0 || length > DOCUMENT_LIMIT) return NULL;
    char *document = malloc((size_t)length + 1);
    if (document == NULL) return NULL;
    size_t have = c->filled - c->used < (size_t)length ? c->filled - c->used : (size_t)length;
    memcpy(document, c->buffer + c->used, have);
    c->used += have;
    while (have < (size_t)length) {
        ssize_t got = recv(c->fd, document + have, (size_t)length - have, 0);
        if (got > 0) have += (size_t)got;
        else if (got == 0 || errno != EINTR) {
            free(document);
            return NULL;
        }
    }
    document[length] = 0;
    return document;
}

/* Copy the value of the header `name` to `out`; false when it is missing or does not fit. */
static bool header(const struct request *request, const char *name, char *out, size_t capacity) {
    size_t name_length = strlen(name);
    const char *line = request->headers;
    while ((line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, name, name_length) != 0 || line[name_length] != ':') continue;
        const char *value = line + name_length + 1;
        while (*value == ' ' || *value == '\t') value++;
        const char *end = strstr(value, "\r\n");
        if (end == NULL || (size_t)(end - value) >= capacity) return false;
        memcpy(out, value, (size_t)(end - value));
        out[end - value] = 0;
        return true;
    }
    return false;
}

/* Whether the query has the parameter `name`; its value, as sent, goes to `out`. */
static bool parameter(const struct request *request, const char *name, char *out, size_t capacity) {
    size_t name_length = strlen(name);
    for (const char *part = request->query; *part;) {
        const char *end = strchrnul(part, '&');
        if (strncmp(part, name, name_length) == 0 && (part[name_length] == '=' || part + name_length == end)) {
            const char *value = part + name_length + (part[name_length] == '=');
            size_t length = (size_t)(end - value);
            if (length >= capacity) return false;
            memcpy(out, value, length);
            out[length] = 0;
            return true;
        }
        part = *end ? end + 1 : end;
    }
    return false;
}

static bool has(const struct request *request, const char *name) {
    char value[2048];
    return parameter(request, name, value, sizeof value);
}

static int answer_head(char *out, size_t capacity, const char *status, long length, const char *headers) {
    int size = snprintf(out, capacity,
                        "HTTP/1.1 %s\r\n"
                        "x-amz-id-2: txN8n7lkBwZYvhbFvFT2KKbQ0DhkxGgdMcjIv6kFzYQlTnBqEXAMPLE=\r\n"
                        "x-amz-request-id: 0A49CE4060975EAC\r\n"
                        "Date: " WHEN_HTTP "\r\n"
                        "%s"
                        "Content-Length: %ld\r\n"
                        "Server: nullstore\r\n\r\n",
                        status, headers, length);
    return size > 0 && (size_t)size < capacity ? size : -1;
}

static bool answer(struct connection *c, const char *status, const char *headers, const char *body, size_t length) {
    char head[4096];
    int size = answer_head(head, sizeof head, status, (long)length, headers);
    if (size < 0) return false;
    struct iovec parts[2] = {{head, (size_t)size}, {(void *)(uintptr_t)body, length}};
    return send_all(c, parts, length > 0 ? 2 : 1);
}

static bool refuse(struct connection *c, const struct request *request, const char *status, const char *code) {
    char body[256];
    int length = snprintf(body, sizeof body, XML "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code);
    bool is_head = strcmp(request->method, "HEAD") == 0;
    return answer(c, status, AS_XML, body, is_head || length < 0 ? 0 : (size_t)length);
}

/* ---------------------------------------------------------------- operations */

/* The object's key within "/bucket/key", or NULL for the bucket itself. */
static const char *key_of(const struct request *request) {
    const char *slash = strchr(request->path + 1, '/');
    return slash != NULL && slash[1] ? slash + 1 : NULL;
}

/* Read "<algorithm>-<size>/..."; false when no object is at such a key. */
static bool find_object(const char *key, enum algorithm *algorithm, long *size) {
    for (int i = 0; i < ALGORITHMS; i++) {
        size_t length = strlen(algorithm_names[i]);
        if (strncmp(key, algorithm_names[i], length) != 0 || key[length] != '-') continue;
        char *end;
        errno = 0;
        *size = strtol(key + length + 1, &end, 10);
        *algorithm = (enum algorithm)i;
        bool ends = *end == '/' || strncasecmp(end, "%2F", 3) == 0;
        return errno == 0 && end > key + length + 1 && ends && *size >= 0 && *size <= object_size;
    }
    return false;
}

/* Read "bytes=a-b", "bytes=a-" or "bytes=-n"; false for a range that the object does not have. */
static bool find_range(const char *text, long size, long *first, long *last) {
    if (strncmp(text, "bytes=", 6) != 0) return false;
    const char *start = text + 6;
    char *end;
    errno = 0;
    if (*start == '-') {
        long count = strtol(start + 1, &end, 10);
        if (errno != 0 || *end || count <= 0 || size == 0) return false;
        *first = count < size ? size - count : 0;
        *last = size - 1;
        return true;
    }
    *first = strtol(start, &end, 10);
    if (errno != 0 || end == start || *end != '-' || *first < 0 || *first >= size) return false;
    const char *second = end + 1;
    *last = *second ? strtol(second, &end, 10) : size - 1;
    if (errno != 0 || (*second && *end) || *last < *first) return false;
    if (*last >= size) *last = size - 1;
    return true;
}

static bool send_file(struct connection *c, long offset, long length) {
    off_t place = offset;
    while (length > 0) {
        ssize_t sent = sendfile(c->fd, object_fd, &place, (size_t)(length < STEP ? length : STEP));
        if (sent > 0) length -= sent;
        else if (sent == 0 || errno != EINTR) return false;
    }
    return true;
}

static bool get_object(struct connection *c, const struct request *request, const char *key) {
    enum algorithm algorithm;
    long size;
    if (!find_object(key, &algorithm, &size)) return refuse(c, request, "404 Not Found", "NoSuchKey");
    long first = 0, last = size - 1;
    char value[256], about[512] = "", headers[1024], head[4096];
    bool ranged = header(request, "range", value, sizeof value);
    if (ranged) {
        if (!find_range(value, size, &first, &last))
            return refuse(c, request, "416 Requested Range Not Satisfiable", "InvalidRange");
        snprintf(about, sizeof about, "Content-Range: bytes %ld-%ld/%ld\r\n", first, last, size);
    } else if (algorithm != NONE && header(request, "x-amz-checksum-mode", value, sizeof value)) {
        char checksum[16];
        checksum_of(algorithm, size, checksum);
        snprintf(about, sizeof about, "x-amz-checksum-%s: %s\r\nx-amz-checksum-type: FULL_OBJECT\r\n",
                 algorithm_names[algorithm], checksum);
    }
    snprintf(headers, sizeof headers,
             "Last-Modified: " WHEN_HTTP "\r\nETag: \"" ETAG "\"\r\n%s"
             "x-amz-server-side-encryption: AES256\r\nAccept-Ranges: bytes\r\n"
             "Content-Type: application/octet-stream\r\n",
             about);
    long length = last - first + 1;
    int head_size = answer_head(head, sizeof head, ranged ? "206 Partial Content" : "200 OK", length, headers);
    if (head_size < 0) return false;
    bool is_head = strcmp(request->method, "HEAD") == 0;
    if (is_head || length <= ONE_WRITE) {
        struct iovec parts[2] = {{head, (size_t)head_size}, {(void *)(uintptr_t)(object_bytes + first), (size_t)length}};
        return send_all(c, parts, is_head || length == 0 ? 1 : 2);
    }
    /* MSG_MORE: the head waits for the first bytes of the body, and leaves with them. */
    if (send(c->fd, head, (size_t)head_size, MSG_NOSIGNAL | MSG_MORE) != head_size) return false;
    return send_file(c, first, length);
}

static bool list_objects(struct connection *c, const struct request *request) {
    char token[64];
    long page = 0;
    if (parameter(request, "continuation-token", token, sizeof token)) {
        char *end;
        page = strncmp(token, "page-", 5) == 0 ? strtol(token + 5, &end, 10) : -1;
        if (page < 1 || page >= page_count || *end)
            return refuse(c, request, "400 Bad Request", "InvalidArgument");
    }
    const struct text *out = &pages[has(request, "encoding-type")][page];
    return answer(c, "200 OK", AS_XML, out->data, out->length);
}

/* S3 repeats the checksum that an upload came with. */
static void echo_checksum(const struct request *request, char *out, size_t capacity) {
    static const char *const names[] = {"x-amz-checksum-crc32", "x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme"};
    char value[64];
    out[0] = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (header(request, names[i], value, sizeof value)) {
            snprintf(out, capacity, "%s: %s\r\nx-amz-checksum-type: FULL_OBJECT\r\n", names[i], value);
            return;
        }
}

static bool put_object(struct connection *c, const struct request *request) {
    char checksum[256], headers[512];
    echo_checksum(request, checksum, sizeof checksum);
    snprintf(headers, sizeof headers, "%sETag: \"" ETAG "\"\r\nx-amz-server-side-encryption: AES256\r\n", checksum);
    return answer(c, "200 OK", headers, NULL, 0);
}

/* Answer DeleteObjects: nothing for each key in quiet mode, else every key back. */
static bool delete_objects(struct connection *c, const struct request *request) {
    static const char open[] = "<Key>", close[] = "</Key>";
    struct text out = {0};
    append(&out, XML "<DeleteResult " XMLNS ">");
    if (strstr(request->body, "<Quiet>true</Quiet>") == NULL) {
        const char *at = request->body;
        while ((at = strstr(at, open)) != NULL) {
            const char *end = strstr(at, close);
            if (end == NULL) break;
            append(&out, "<Deleted>");
            append_bytes(&out, at, (size_t)(end - at) + strlen(close));
            append(&out, "</Deleted>");
            at = end;
        }
    }
    append(&out, "</DeleteResult>");
    bool sent = answer(c, "200 OK", AS_XML, out.data, out.length);
    free(out.data);
    return sent;
}

static bool post(struct connection *c, const struct request *request) {
    static const char begun[] = XML "<InitiateMultipartUploadResult " XMLNS "><Bucket>bench</Bucket><Key>k</Key>"
                                    "<UploadId>VXBsb2FkIElE</UploadId></InitiateMultipartUploadResult>";
    static const char done[] = XML "<CompleteMultipartUploadResult " XMLNS "><Location>http://127.0.0.1/bench/k</Location>"
                                   "<Bucket>bench</Bucket><Key>k</Key><ETag>&quot;" ETAG "-32&quot;</ETag>"
                                   "</CompleteMultipartUploadResult>";
    if (request->body != NULL) return delete_objects(c, request);
    if (has(request, "uploads")) return answer(c, "200 OK", AS_XML, begun, strlen(begun));
    if (has(request, "uploadId")) return answer(c, "200 OK", AS_XML, done, strlen(done));
    return refuse(c, request, "400 Bad Request", "InvalidRequest");
}

static bool respond(struct connection *c, const struct request *request) {
    const char *key = key_of(request), *method = request->method;
    bool is_get = strcmp(method, "GET") == 0, is_head = strcmp(method, "HEAD") == 0;
    if ((is_get || is_head) && key != NULL) return get_object(c, request, key);
    if (is_head) return answer(c, "200 OK", "x-amz-bucket-region: us-east-1\r\n", NULL, 0);
    if (is_get && has(request, "list-type")) return list_objects(c, request);
    if (strcmp(method, "PUT") == 0 && key != NULL) return put_object(c, request);
    if (strcmp(method, "POST") == 0) return post(c, request);
    if (strcmp(method, "DELETE") == 0) return answer(c, "204 No Content", "", NULL, 0);
    return refuse(c, request, "405 Method Not Allowed", "MethodNotAllowed");
}

/* ---------------------------------------------------------------- receiving requests */

/* Wait for a whole head and split it. */
static bool receive_head(struct connection *c, struct request *request) {
    char *end;
    while ((end = memmem(c->buffer + c->used, c->filled - c->used, "\r\n\r\n", 4)) == NULL)
        if (!fill(c)) return false;
    char *start = c->buffer + c->used;
    char *line_end = memmem(start, (size_t)(end - start) + 2, "\r\n", 2);
    char *blank = memchr(start, ' ', (size_t)(line_end - start));
    if (blank == NULL || (size_t)(blank - start) >= sizeof request->method) return false;
    memcpy(request->method, start, (size_t)(blank - start));
    request->method[blank - start] = 0;
    char *target = blank + 1, *target_end = memchr(target, ' ', (size_t)(line_end - target));
    if (target_end == NULL || *target != '/' || (size_t)(target_end - target) >= sizeof request->target) return false;
    memcpy(request->target, target, (size_t)(target_end - target));
    request->target[target_end - target] = 0;
    request->path = request->target;
    char *question = strchr(request->target, '?');
    if (question != NULL) *question = 0;
    request->query = question != NULL ? question + 1 : request->target + strlen(request->target);
    size_t length = (size_t)(end + 2 - line_end); /* less than the buffer, which is as long as `headers` */
    memcpy(request->headers, line_end, length);
    request->headers[length] = 0;
    c->used += (size_t)(end + 4 - start);
    return true;
}

/* Take the body off the connection: DeleteObjects' into memory, any other to nowhere. */
static bool receive_body(struct connection *c, struct request *request) {
    char value[64];
    if (header(request, "expect", value, sizeof value)) {
        static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        struct iovec part = {(void *)(uintptr_t)go_on, strlen(go_on)};
        if (!send_all(c, &part, 1)) return false;
    }
    if (header(request, "transfer-encoding", value, sizeof value)) return discard_chunked(c);
    long length = header(request, "content-length", value, sizeof value) ? strtol(value, NULL, 10) : 0;
    if (length < 0) return false;
    if (strcmp(request->method, "POST") == 0 && has(request, "delete")) {
        request->body = receive_document(c, length);
        return request->body != NULL;
    }
    return discard(c, length);
}

static void *serve(void *argument) {
    struct connection *c = argument;
    struct request *request = calloc(1, sizeof *request);
    char value[64];
    while (request != NULL && receive_head(c, request)) {
        bool sent = receive_body(c, request) && respond(c, request);
        free(request->body);
        request->body = NULL;
        if (!sent || (header(request, "connection", value, sizeof value) && strcasecmp(value, "close") == 0)) break;
    }
    close(c->fd);
    free(request);
    free(c);
    return NULL;
}

static void *accept_all(void *argument) {
    int listener = (int)(intptr_t)argument, one = 1;
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct connection *c = calloc(1, sizeof *c);
        pthread_t thread;
        if (c == NULL) {
            close(fd);
            continue;
        }
        c->fd = fd;
        if (pthread_create(&thread, &detached, serve, c) != 0) {
            close(fd);
            free(c);
        }
    }
    return NULL;
}

/* ---------------------------------------------------------------- start and end */

static void open_object(const char *path) {
    struct stat facts;
    object_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (object_fd < 0 || fstat(object_fd, &facts) != 0 || facts.st_size == 0) {
        fprintf(stderr, "nullstore: cannot read %s, or it is empty\n", path);
        exit(1);
    }
    object_size = facts.st_size;
    void *bytes = mmap(NULL, (size_t)object_size, PROT_READ, MAP_SHARED, object_fd, 0);
    if (bytes == MAP_FAILED) {
        perror("nullstore: mmap");
        exit(1);
    }
    object_bytes = bytes;
}

static int listen_on_loopback(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 512) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("nullstore: listen");
        exit(1);
    }
    *port = ntohs(address.sin_port);
    return listener;
}

int main(int count, char **arguments) {
    char *end = NULL;
    long keys = count == 3 ? strtol(arguments[2], &end, 10) : -1;
    if (count != 3 || *end || keys < 0 || keys > 10 * 1000 * 1000) {
        fputs("usage: nullstore FILE KEYS\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    make_crc_tables();
    open_object(arguments[1]);
    render_pages((int)keys);
    int port;
    int listener = listen_on_loopback(&port);
    pthread_t acceptor;
    if (pthread_create(&acceptor, NULL, accept_all, (void *)(intptr_t)listener) != 0) {
        perror("nullstore: thread");
        return 1;
    }
    printf("%d\n", port);
    fflush(stdout);
    char byte;
    for (;;) {
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got == 0 || (got < 0 && errno != EINTR)) return 0;
    }
}
