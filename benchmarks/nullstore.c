/*
 * nullstore: an object store on 127.0.0.1 that costs almost nothing, to measure clients.
 *
 *     nullstore s3|gcs|azure|swift FILE KEYS [CERTIFICATE KEY]
 *
 * (with a certificate chain and its key, in PEM, it speaks TLS; compile with -DWITH_TLS -lssl -lcrypto then)
 * prints the port that it listens on and serves until its standard input ends, so it cannot outlive
 * the harness that started it. It stores nothing and checks no signature: bodies of uploads are
 * thrown away (S3's and large ones in the kernel), bodies of downloads come from FILE by sendfile, and
 * a page of the one listing, of KEYS keys, is rendered when it is first asked for. What it answers is
 * what the service answers, headers and checksums included, so that a client does all the work that the
 * service would make it do.
 *
 * A key tells what is stored at it: "crc32-4096/a" is an object of 4,096 bytes (the first of FILE)
 * that S3 keeps a CRC32 of. The checksums are "none", "crc32" and "crc64nvme". The other services keep
 * what they always keep: Google a CRC32C and an MD5, Azure and Swift an MD5.
 *
 * The protocols:
 *     https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 *     https://cloud.google.com/storage/docs/json_api/v1 and https://cloud.google.com/storage/docs/xml-api/reference-methods
 *     https://learn.microsoft.com/en-us/rest/api/storageservices/blob-service-rest-api
 *     https://docs.openstack.org/api-ref/object-store/
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
#ifdef WITH_TLS
#include <openssl/ssl.h>
#endif

#define HEAD_LIMIT (64 * 1024)         /* of a request's head; more closes the connection */
#define DOCUMENT_LIMIT (8 * 1024 * 1024) /* of a DeleteObjects body: 1,000 keys of 1,024 bytes fit */
#define SMALL_LIMIT (256 * 1024)       /* up to here an upload is read, for its checksums */
#define ONE_WRITE (60 * 1024)          /* up to here head and body leave in one call */
#define STEP (16 * 1024 * 1024)        /* per sendfile or discarding recv */

#define WHEN_HTTP "Wed, 21 Oct 2026 07:28:00 GMT"
#define WHEN_ISO "2026-10-21T07:28:00.000Z"
#define ETAG "9b2cf535f27731c974343645a3985328"
#define GENERATION "1760000000000000"
#define ACCOUNT_PATH "/v1/AUTH_bench"
#define XMLNS "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define AS_XML "Content-Type: application/xml\r\n"

static int object_fd;
static const unsigned char *object_bytes;
static long object_size;
static int listed_keys;
static int port;

enum protocol { S3, GCS, AZURE, SWIFT, PROTOCOLS };
static const char *const protocol_names[PROTOCOLS] = {"s3", "gcs", "azure", "swift"};
static enum protocol protocol;
/* What the service puts on every answer. */
static const char *const own_headers[PROTOCOLS] = {
    "x-amz-id-2: txN8n7lkBwZYvhbFvFT2KKbQ0DhkxGgdMcjIv6kFzYQlTnBqEXAMPLE=\r\nx-amz-request-id: 0A49CE4060975EAC\r\n",
    "X-GUploader-UploadID: AHmUCY0mExAmPlEr7NfJ3Mcl0NDZFo5hTKEMyz1NfJ3Mcl0NDZFo5hTKA\r\nVary: Origin\r\n",
    "x-ms-request-id: 4d1b9a1e-001e-0041-5f3f-8c2d3e000000\r\nx-ms-version: 2025-01-05\r\n",
    "X-Trans-Id: tx4ea9d1cd6e9c4d2a8b5d7-0065a1b2c3\r\nX-Openstack-Request-Id: tx4ea9d1cd6e9c4d2a8b5d7-0065a1b2c3\r\n",
};

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

/* ---------------------------------------------------------------- checksums, as the services keep them */

enum algorithm { NONE, CRC32, CRC64NVME, CRC32C, MD5, ALGORITHMS };

static const char *const algorithm_names[ALGORITHMS] = {"none", "crc32", "crc64nvme", "crc32c", "md5"};
static const uint64_t polynomials[MD5] = {0, 0xEDB88320u, 0x9A6C9329AC4BC9B5u, 0x82F63B78u}; /* reflected */
static uint64_t crc_tables[MD5][256];

#define CHECKSUM_TEXT 28 /* the longest in base64, an MD5, and a 0 */

static void make_crc_tables(void) {
    for (int algorithm = CRC32; algorithm < MD5; algorithm++)
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

static size_t crc_of(enum algorithm algorithm, const unsigned char *data, size_t length, unsigned char *digest) {
    size_t width = algorithm == CRC64NVME ? 8 : 4;
    uint64_t ones = algorithm == CRC64NVME ? UINT64_MAX : 0xFFFFFFFFu, crc = ones;
    for (size_t i = 0; i < length; i++) crc = crc >> 8 ^ crc_tables[algorithm][(crc ^ data[i]) & 255];
    crc ^= ones;
    for (size_t i = 0; i < width; i++) digest[i] = (unsigned char)(crc >> 8 * (width - 1 - i));
    return width;
}

/* https://www.rfc-editor.org/rfc/rfc1321#section-3.4 */
static void md5_block(uint32_t state[4], const unsigned char *block) {
    static const int turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    static const uint32_t sines[64] = {
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
        0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
        0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
        0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
        0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
        0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
        0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
        0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
    };
    uint32_t words[16], a = state[0], b = state[1], c = state[2], d = state[3];
    memcpy(words, block, sizeof words); /* every Linux that this runs on is little-endian */
    for (int i = 0; i < 64; i++) {
        uint32_t mixed;
        int word, round = i / 16;
        if (round == 0) mixed = (b & c) | (~b & d), word = i;
        else if (round == 1) mixed = (d & b) | (~d & c), word = (5 * i + 1) % 16;
        else if (round == 2) mixed = b ^ c ^ d, word = (3 * i + 5) % 16;
        else mixed = c ^ (b | ~d), word = 7 * i % 16;
        mixed += a + sines[i] + words[word];
        a = d, d = c, c = b;
        b += mixed << turns[round][i % 4] | mixed >> (32 - turns[round][i % 4]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

static size_t md5_of(const unsigned char *data, size_t length, unsigned char *digest) {
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    unsigned char tail[128] = {0};
    size_t whole = length / 64 * 64, rest = length - whole, end = rest < 56 ? 64 : 128;
    for (size_t i = 0; i < whole; i += 64) md5_block(state, data + i);
    memcpy(tail, data + whole, rest);
    tail[rest] = 0x80;
    uint64_t bits = (uint64_t)length * 8;
    memcpy(tail + end - 8, &bits, sizeof bits);
    for (size_t i = 0; i < end; i += 64) md5_block(state, tail + i);
    memcpy(digest, state, sizeof state);
    return sizeof state;
}

static void checksum(enum algorithm algorithm, const unsigned char *data, size_t length, char out[CHECKSUM_TEXT]) {
    unsigned char digest[16];
    size_t width = algorithm == MD5 ? md5_of(data, length, digest) : crc_of(algorithm, data, length, digest);
    encode_base64(digest, width, out);
}

/* The checksum of the first `size` bytes of the file, in base64. Computed once for each pair: a run asks
 * for a handful. When the memory for them is used up it is computed again each time. */
static void checksum_of(enum algorithm algorithm, long size, char out[CHECKSUM_TEXT]) {
    static struct { enum algorithm algorithm; long size; char value[CHECKSUM_TEXT]; } known[64];
    static int count;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < count; i++)
        if (known[i].algorithm == algorithm && known[i].size == size) {
            memcpy(out, known[i].value, CHECKSUM_TEXT);
            pthread_mutex_unlock(&lock);
            return;
        }
    checksum(algorithm, object_bytes, (size_t)size, out);
    if (count < (int)(sizeof known / sizeof *known)) {
        known[count].algorithm = algorithm;
        known[count].size = size;
        memcpy(known[count++].value, out, CHECKSUM_TEXT);
    }
    pthread_mutex_unlock(&lock);
}

/* An MD5 as hexadecimal digits, from base64: Swift's form of it. */
static void hex_of_base64(const char *text, char out[33]) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    int have = 0, written = 0;
    for (; *text && *text != '=' && written < 32; text++) {
        bits = bits << 6 | (uint32_t)(strchr(digits, *text) - digits);
        for (have += 6; have >= 4 && written < 32; have -= 4) out[written++] = "0123456789abcdef"[bits >> (have - 4) & 15];
    }
    out[written] = 0;
}

/* ---------------------------------------------------------------- pages of the listing, each rendered once */

#define LISTED_KEY "data/day=2026-10-21/file-%08d.parquet"
#define LISTED_KEY_ENCODED "data%%2Fday%%3D2026-10-21%%2Ffile-%08d.parquet"
#define LISTED_SIZE(key) (4096 + (key))

/* Write keys `first` up to `end`; `detail` is what of the request changes the document. */
typedef void renderer(struct text *out, int first, int end, const char *detail);

static const struct text *page_of(renderer *render, int first, int end, const char *detail) {
    static struct page { struct page *next; renderer *render; int first, end; char *detail; struct text text; } *known;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    struct page *page = known;
    while (page != NULL && (page->render != render || page->first != first || page->end != end || strcmp(page->detail, detail)))
        page = page->next;
    if (page == NULL) {
        page = calloc(1, sizeof *page);
        if (page == NULL || (page->detail = strdup(detail)) == NULL) exit(1);
        page->render = render, page->first = first, page->end = end;
        render(&page->text, first, end, detail);
        page->next = known;
        known = page;
    }
    pthread_mutex_unlock(&lock);
    return &page->text;
}

/* S3's, and that of Google's XML API. `detail`: "url" for encoded keys. */
static void render_s3(struct text *out, int first, int end, const char *detail) {
    bool encoded = *detail, last = end == listed_keys;
    append(out, XML "<ListBucketResult " XMLNS "><Name>bench</Name><Prefix></Prefix>");
    if (!last) append(out, "<NextContinuationToken>from-%d</NextContinuationToken>", end);
    append(out, "<KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys>", end - first, end - first);
    if (encoded) append(out, "<EncodingType>url</EncodingType>");
    append(out, "<IsTruncated>%s</IsTruncated>", last ? "false" : "true");
    for (int key = first; key < end; key++)
        append(out,
               "<Contents><Key>data/day%s2026-10-21/file-%08d.parquet</Key>"
               "<LastModified>" WHEN_ISO "</LastModified><ETag>&quot;%08xcf535f27731c974343645a39&quot;</ETag>"
               "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
               "<Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>",
               encoded ? "%3D" : "=", key, (unsigned)key * 2654435761u, LISTED_SIZE(key));
    append(out, "</ListBucketResult>");
}

/* Whether the comma-separated `fields` of a request to Google ask for `name`; without any, everything is. */
static bool wanted(const char *fields, const char *name) {
    size_t length = strlen(name);
    for (const char *at = fields; (at = strstr(at, name)) != NULL; at++) {
        char before = at == fields ? ',' : at[-1], after = at[length];
        if (strchr("(,/", before) != NULL && strchr("),/(", after) != NULL) return true; /* `after` may be 0 */
    }
    return !*fields;
}

/* One member of a JSON object, after the text of `comma`. */
#define MEMBER(name, ...)                                        \
    if (wanted(fields, name)) {                                  \
        append(out, "%s\"" name "\":", comma);                   \
        append(out, __VA_ARGS__);                                \
        comma = ",";                                             \
    }

/* https://cloud.google.com/storage/docs/json_api/v1/objects#resource */
static void render_resource(struct text *out, const char *fields, const char *key, const char *encoded, long size,
                            const char *crc32c, const char *md5) {
    const char *comma = "";
    append(out, "{");
    MEMBER("kind", "\"storage#object\"")
    MEMBER("id", "\"bench/%s/" GENERATION "\"", key)
    MEMBER("selfLink", "\"https://www.googleapis.com/storage/v1/b/bench/o/%s\"", encoded)
    MEMBER("mediaLink", "\"https://storage.googleapis.com/download/storage/v1/b/bench/o/%s?generation=" GENERATION "&alt=media\"", encoded)
    MEMBER("name", "\"%s\"", key)
    MEMBER("bucket", "\"bench\"")
    MEMBER("generation", "\"" GENERATION "\"")
    MEMBER("metageneration", "\"1\"")
    MEMBER("contentType", "\"application/octet-stream\"")
    MEMBER("storageClass", "\"STANDARD\"")
    MEMBER("size", "\"%ld\"", size)
    MEMBER("md5Hash", "\"%s\"", md5)
    MEMBER("crc32c", "\"%s\"", crc32c)
    MEMBER("etag", "\"CICAgICAgIADEAE=\"")
    MEMBER("timeCreated", "\"" WHEN_ISO "\"")
    MEMBER("updated", "\"" WHEN_ISO "\"")
    MEMBER("timeStorageClassUpdated", "\"" WHEN_ISO "\"")
    MEMBER("timeFinalized", "\"" WHEN_ISO "\"")
    append(out, "}");
}

/* `detail`: the request's `fields`. */
static void render_gcs(struct text *out, int first, int end, const char *detail) {
    const char *fields = detail, *comma = "";
    append(out, "{");
    MEMBER("kind", "\"storage#objects\"")
    if (end < listed_keys) MEMBER("nextPageToken", "\"from-%d\"", end)
    append(out, "%s\"items\":[", comma);
    /* "items" alone means whole items. */
    if (strstr(fields, "items(") == NULL && strstr(fields, "items/") == NULL) fields = "";
    for (int key = first; key < end; key++) {
        char name[128], encoded[128];
        snprintf(name, sizeof name, LISTED_KEY, key);
        snprintf(encoded, sizeof encoded, LISTED_KEY_ENCODED, key);
        if (key > first) append(out, ",");
        render_resource(out, fields, name, encoded, LISTED_SIZE(key), "yZRlqg==", "myz1NfJ3Mcl0NDZFo5hTKA==");
    }
    append(out, "]}");
}

/* https://learn.microsoft.com/en-us/rest/api/storageservices/list-blobs#response-body */
static void render_azure(struct text *out, int first, int end, const char *detail) {
    (void)detail;
    append(out, "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults "
                "ServiceEndpoint=\"http://127.0.0.1/bench/\" ContainerName=\"bench\"><Blobs>");
    for (int key = first; key < end; key++) {
        append(out, "<Blob><Name>" LISTED_KEY "</Name><Properties><Creation-Time>" WHEN_HTTP "</Creation-Time>"
                    "<Last-Modified>" WHEN_HTTP "</Last-Modified><Etag>0x8DC58C1F%07X</Etag>"
                    "<Content-Length>%d</Content-Length>", key, (unsigned)key, LISTED_SIZE(key));
        append(out, "<Content-Type>application/octet-stream</Content-Type><Content-Encoding /><Content-Language />"
                    "<Content-CRC64 /><Content-MD5>myz1NfJ3Mcl0NDZFo5hTKA==</Content-MD5><Cache-Control />"
                    "<Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>"
                    "<AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus>"
                    "<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties>"
                    "<OrMetadata /></Blob>");
    }
    append(out, "</Blobs>");
    if (end == listed_keys) append(out, "<NextMarker />");
    else append(out, "<NextMarker>from-%d</NextMarker>", end);
    append(out, "</EnumerationResults>");
}

/* https://docs.openstack.org/api-ref/object-store/#show-container-details-and-list-objects */
static void render_swift(struct text *out, int first, int end, const char *detail) {
    (void)detail;
    append(out, "[");
    for (int key = first; key < end; key++)
        append(out, "%s{\"bytes\": %d, \"hash\": \"%08xcf535f27731c974343645a39\", \"name\": \"" LISTED_KEY "\", "
                    "\"content_type\": \"application/octet-stream\", \"last_modified\": \"2026-10-21T07:28:00.000000\"}",
               key > first ? ", " : "", LISTED_SIZE(key), (unsigned)key * 2654435761u, key);
    append(out, "]");
}

/* ---------------------------------------------------------------- one connection */

struct connection {
    int fd;
#ifdef WITH_TLS
    SSL *tls; /* NULL without TLS */
#endif
    size_t filled, used; /* of `buffer`: received, and already dealt with */
    char buffer[HEAD_LIMIT];
};

struct request {
    char method[16];
    char target[8192]; /* path and query, as sent */
    char *path, *query; /* into `target`; the query without its question mark */
    char headers[HEAD_LIMIT]; /* from the first line's CR LF on, with a CR LF at the end of each line */
    char *body;  /* of a DeleteObjects request or a small upload, with a 0 behind it; NULL otherwise */
    long body_length;
};

#ifdef WITH_TLS
static SSL_CTX *tls_context;

static bool send_encrypted(struct connection *c, const unsigned char *data, size_t length) {
    while (length > 0) {
        size_t sent;
        if (SSL_write_ex(c->tls, data, length < STEP ? length : STEP, &sent) != 1) return false;
        data += sent;
        length -= sent;
    }
    return true;
}
#endif

/* recv, through TLS where the connection has it. */
static ssize_t receive(struct connection *c, void *out, size_t capacity) {
#ifdef WITH_TLS
    if (c->tls != NULL) {
        size_t got;
        return SSL_read_ex(c->tls, out, capacity, &got) == 1 ? (ssize_t)got : 0;
    }
#endif
    return recv(c->fd, out, capacity, 0);
}

static bool send_all(struct connection *c, struct iovec *parts, int count) {
#ifdef WITH_TLS
    if (c->tls != NULL) {
        char joined[ONE_WRITE + HEAD_LIMIT]; /* one record for a head and a small body, as servers do */
        size_t length = 0;
        for (int i = 0; i < count; i++) length += parts[i].iov_len;
        if (length > sizeof joined) {
            for (int i = 0; i < count; i++)
                if (!send_encrypted(c, parts[i].iov_base, parts[i].iov_len)) return false;
            return true;
        }
        length = 0;
        for (int i = 0; i < count; i++) {
            memcpy(joined + length, parts[i].iov_base, parts[i].iov_len);
            length += parts[i].iov_len;
        }
        return send_encrypted(c, (const unsigned char *)joined, length);
    }
#endif
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
        ssize_t got = receive(c, c->buffer + c->filled, sizeof c->buffer - c->filled);
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
#ifdef WITH_TLS
    while (length > 0 && c->tls != NULL) {
        char thrown_away[1 << 16];
        ssize_t got = receive(c, thrown_away, length < (long)sizeof thrown_away ? (size_t)length : sizeof thrown_away);
        if (got <= 0) return false;
        length -= got;
    }
#endif
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
        ssize_t got = receive(c, document + have, (size_t)length - have);
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
                        "HTTP/1.1 %s\r\n%s"
                        "Date: " WHEN_HTTP "\r\n"
                        "%s"
                        "Content-Length: %ld\r\n"
                        "Server: nullstore\r\n\r\n",
                        status, own_headers[protocol], headers, length);
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

/* ---------------------------------------------------------------- what all services share */

/* What stands behind the `count`-th slash of `path`; NULL when there is nothing. */
static const char *behind(const char *path, int count) {
    for (; path != NULL && count > 0; count--) {
        path = strchr(path, '/');
        if (path != NULL) path++;
    }
    return path != NULL && *path ? path : NULL;
}

/* Undo percent-encoding; what does not fit is cut. */
static void decode(const char *text, char *out, size_t capacity) {
    size_t used = 0;
    while (*text && used + 1 < capacity) {
        unsigned byte;
        if (*text == '%' && sscanf(text + 1, "%2x", &byte) == 1) out[used++] = (char)byte, text += 3;
        else out[used++] = *text++;
    }
    out[used] = 0;
}

/* Read "<algorithm>-<size>/..."; false when no object is at such a key. */
static bool find_object(const char *encoded, enum algorithm *algorithm, long *size) {
    char key[64];
    decode(encoded, key, sizeof key);
    for (int i = 0; i < ALGORITHMS; i++) {
        size_t length = strlen(algorithm_names[i]);
        if (strncmp(key, algorithm_names[i], length) != 0 || key[length] != '-') continue;
        char *end;
        errno = 0;
        *size = strtol(key + length + 1, &end, 10);
        *algorithm = (enum algorithm)i;
        return errno == 0 && end > key + length + 1 && *end == '/' && *size >= 0 && *size <= object_size;
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
#ifdef WITH_TLS
    if (c->tls != NULL) return send_encrypted(c, object_bytes + offset, (size_t)length);
#endif
    off_t place = offset;
    while (length > 0) {
        ssize_t sent = sendfile(c->fd, object_fd, &place, (size_t)(length < STEP ? length : STEP));
        if (sent > 0) length -= sent;
        else if (sent == 0 || errno != EINTR) return false;
    }
    return true;
}

/* The range that is asked for; all of the object when none is. */
struct range {
    bool given;
    long first, last;
};

static bool wanted_range(const struct request *request, long size, struct range *range) {
    char value[256];
    *range = (struct range){false, 0, size - 1};
    range->given = header(request, "x-ms-range", value, sizeof value) || header(request, "range", value, sizeof value);
    return !range->given || find_range(value, size, &range->first, &range->last);
}

/* Answer a GET or HEAD of an object with its bytes; `about` is what the service says of it. */
static bool send_object(struct connection *c, const struct request *request, long size, struct range range,
                        const char *about) {
    char content_range[128] = "", headers[2048], head[4096];
    long first = range.first;
    if (range.given)
        snprintf(content_range, sizeof content_range, "Content-Range: bytes %ld-%ld/%ld\r\n", first, range.last, size);
    snprintf(headers, sizeof headers,
             "Last-Modified: " WHEN_HTTP "\r\n%s%sAccept-Ranges: bytes\r\nContent-Type: application/octet-stream\r\n",
             content_range, about);
    long length = range.last - first + 1;
    int head_size = answer_head(head, sizeof head, range.given ? "206 Partial Content" : "200 OK", length, headers);
    if (head_size < 0) return false;
    bool is_head = strcmp(request->method, "HEAD") == 0;
    if (is_head || length <= ONE_WRITE) {
        struct iovec parts[2] = {{head, (size_t)head_size}, {(void *)(uintptr_t)(object_bytes + first), (size_t)length}};
        return send_all(c, parts, is_head || length == 0 ? 1 : 2);
    }
#ifdef WITH_TLS
    if (c->tls != NULL) {
        struct iovec part = {head, (size_t)head_size};
        return send_all(c, &part, 1) && send_file(c, first, length);
    }
#endif
    /* MSG_MORE: the head waits for the first bytes of the body, and leaves with them. */
    if (send(c->fd, head, (size_t)head_size, MSG_NOSIGNAL | MSG_MORE) != head_size) return false;
    return send_file(c, first, length);
}

/* Answer with a page of the listing. `token` names the parameter that says where it starts ("from-1000"; in
 * Swift the last key before it), `limit` the one that says how many keys it has, `most` at most. */
static bool send_page(struct connection *c, const struct request *request, renderer *render, const char *detail,
                      const char *token, const char *limit, long most, const char *headers) {
    char value[2048], *end = "";
    long first = 0, count = most;
    if (parameter(request, token, value, sizeof value) && *value) {
        const char *number = strstr(value, protocol == SWIFT ? "file-" : "from-");
        first = number != NULL ? strtol(number + 5, &end, 10) + (protocol == SWIFT) : -1;
    }
    if (parameter(request, limit, value, sizeof value)) count = strtol(value, NULL, 10);
    if (first < 0 || first > listed_keys || count < 1) return refuse(c, request, "400 Bad Request", "InvalidArgument");
    if (count > most) count = most;
    long last = first + count < listed_keys ? first + count : listed_keys;
    const struct text *out = page_of(render, (int)first, (int)last, detail);
    return answer(c, "200 OK", headers, out->data, out->length);
}

/* ---------------------------------------------------------------- Amazon S3 */

static bool get_s3_object(struct connection *c, const struct request *request, const char *key) {
    enum algorithm algorithm;
    long size;
    struct range range;
    char value[256], stored[256] = "", about[512];
    if (!find_object(key, &algorithm, &size)) return refuse(c, request, "404 Not Found", "NoSuchKey");
    if (!wanted_range(request, size, &range)) return refuse(c, request, "416 Requested Range Not Satisfiable", "InvalidRange");
    if (!range.given && algorithm != NONE && header(request, "x-amz-checksum-mode", value, sizeof value)) {
        char text[CHECKSUM_TEXT];
        checksum_of(algorithm, size, text);
        snprintf(stored, sizeof stored, "x-amz-checksum-%s: %s\r\nx-amz-checksum-type: FULL_OBJECT\r\n",
                 algorithm_names[algorithm], text);
    }
    snprintf(about, sizeof about, "ETag: \"" ETAG "\"\r\n%sx-amz-server-side-encryption: AES256\r\n", stored);
    return send_object(c, request, size, range, about);
}

static bool list_s3_objects(struct connection *c, const struct request *request) {
    const char *detail = has(request, "encoding-type") ? "url" : "";
    return send_page(c, request, render_s3, detail, "continuation-token", "max-keys", 1000, AS_XML);
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

static bool put_s3_object(struct connection *c, const struct request *request) {
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
    if (protocol == S3 && request->body != NULL) return delete_objects(c, request);
    if (has(request, "uploads")) return answer(c, "200 OK", AS_XML, begun, strlen(begun));
    if (!has(request, "uploadId")) return refuse(c, request, "400 Bad Request", "InvalidRequest");
    if (protocol == S3) return answer(c, "200 OK", AS_XML, done, strlen(done));
    char crc32c[CHECKSUM_TEXT], headers[512]; /* Google names the whole object's, which can only be FILE */
    checksum_of(CRC32C, object_size, crc32c);
    snprintf(headers, sizeof headers, AS_XML "x-goog-generation: " GENERATION "\r\nx-goog-hash: crc32c=%s\r\n", crc32c);
    return answer(c, "200 OK", headers, done, strlen(done));
}

static const char nothing_listed[] = XML "<ListBucketResult " XMLNS "><Name>bench</Name><IsTruncated>false</IsTruncated>"
                                     "</ListBucketResult>";

static bool respond_s3(struct connection *c, const struct request *request) {
    const char *key = behind(request->path, 2), *method = request->method;
    bool is_get = strcmp(method, "GET") == 0, is_head = strcmp(method, "HEAD") == 0;
    if ((is_get || is_head) && key != NULL) return get_s3_object(c, request, key);
    if (is_head) return answer(c, "200 OK", "x-amz-bucket-region: us-east-1\r\n", NULL, 0);
    if (is_get && has(request, "list-type")) return list_s3_objects(c, request);
    /* The first version of the call, by which cloudpathlib asks whether a key is a folder: none is. */
    if (is_get) return answer(c, "200 OK", AS_XML, nothing_listed, strlen(nothing_listed));
    if (strcmp(method, "PUT") == 0 && key != NULL) return put_s3_object(c, request);
    if (strcmp(method, "POST") == 0) return post(c, request);
    if (strcmp(method, "DELETE") == 0) return answer(c, "204 No Content", "", NULL, 0);
    return refuse(c, request, "405 Method Not Allowed", "MethodNotAllowed");
}

/* ---------------------------------------------------------------- Google Cloud Storage */

#define AS_JSON "Content-Type: application/json; charset=UTF-8\r\nCache-Control: no-cache, no-store, max-age=0, must-revalidate\r\n"

static void fields_of(const struct request *request, char *out, size_t capacity) {
    char sent[2048] = "";
    parameter(request, "fields", sent, sizeof sent);
    decode(sent, out, capacity);
}

static bool send_resource(struct connection *c, const struct request *request, const char *encoded, long size,
                          const char *crc32c, const char *md5) {
    char key[1024], fields[2048];
    struct text out = {0};
    decode(encoded, key, sizeof key);
    fields_of(request, fields, sizeof fields);
    render_resource(&out, fields, key, encoded, size, crc32c, md5);
    bool sent = answer(c, "200 OK", AS_JSON "ETag: CICAgICAgIADEAE=\r\n", out.data, out.length);
    free(out.data);
    return sent;
}

static bool get_gcs_object(struct connection *c, const struct request *request, const char *key, bool media) {
    enum algorithm algorithm;
    long size;
    struct range range;
    char crc32c[CHECKSUM_TEXT], md5[CHECKSUM_TEXT], about[1024];
    if (!find_object(key, &algorithm, &size)) return refuse(c, request, "404 Not Found", "NoSuchKey");
    checksum_of(CRC32C, size, crc32c);
    checksum_of(MD5, size, md5);
    if (!media) return send_resource(c, request, key, size, crc32c, md5);
    if (!wanted_range(request, size, &range)) return refuse(c, request, "416 Requested Range Not Satisfiable", "InvalidRange");
    snprintf(about, sizeof about,
             "ETag: \"" ETAG "\"\r\nx-goog-generation: " GENERATION "\r\nx-goog-metageneration: 1\r\n"
             "x-goog-stored-content-encoding: identity\r\nx-goog-stored-content-length: %ld\r\n"
             "x-goog-hash: crc32c=%s\r\nx-goog-hash: md5=%s\r\nx-goog-storage-class: STANDARD\r\n",
             size, crc32c, md5);
    return send_object(c, request, size, range, about);
}

/* The bytes to store: those of the second part of a multipart upload, or the whole body.
 * https://cloud.google.com/storage/docs/uploading-objects#uploading-an-object */
static const char *uploaded(const struct request *request, size_t *length) {
    const char *body = request->body;
    *length = (size_t)request->body_length;
    char kind[16];
    if (body == NULL || !parameter(request, "uploadType", kind, sizeof kind) || strcmp(kind, "multipart") != 0) return body;
    const char *stop = body + *length, *line_end = memmem(body, *length, "\r\n", 2);
    if (line_end == NULL) return NULL;
    size_t boundary = (size_t)(line_end - body); /* the body starts with it */
    const char *part = memmem(line_end, (size_t)(stop - line_end), body, boundary);
    const char *data = part != NULL ? memmem(part, (size_t)(stop - part), "\r\n\r\n", 4) : NULL;
    if (data == NULL) return NULL;
    data += 4;
    const char *end = memrchr(data, '-', (size_t)(stop - data)); /* of the last boundary's own two */
    end = end != NULL && end - data >= (long)boundary + 3 ? end - boundary - 3 : data;
    *length = (size_t)(end - data);
    return data;
}

/* A resumable upload of FILE: the session, its chunks, and the object when the last one is there.
 * https://cloud.google.com/storage/docs/performing-resumable-uploads */
static bool upload_resumable(struct connection *c, const struct request *request) {
    char value[256], headers[512], host[256], crc32c[CHECKSUM_TEXT], md5[CHECKSUM_TEXT];
    if (strcmp(request->method, "POST") == 0) {
        if (!header(request, "host", host, sizeof host)) return false;
        const char *scheme = "http";
#ifdef WITH_TLS
        if (c->tls != NULL) scheme = "https";
#endif
        snprintf(headers, sizeof headers,
                 "Location: %s://%s/upload/storage/v1/b/bench/o?uploadType=resumable&upload_id=bench\r\n", scheme, host);
        return answer(c, "200 OK", headers, NULL, 0);
    }
    long first, last, total;
    if (header(request, "content-range", value, sizeof value) &&
        (sscanf(value, "bytes %ld-%ld/%ld", &first, &last, &total) < 3 || last + 1 < total)) {
        if (sscanf(value, "bytes %ld-%ld/", &first, &last) < 2) return refuse(c, request, "400 Bad Request", "range");
        snprintf(headers, sizeof headers, "Range: bytes=0-%ld\r\n", last);
        return answer(c, "308 Resume Incomplete", headers, NULL, 0);
    }
    checksum_of(CRC32C, object_size, crc32c);
    checksum_of(MD5, object_size, md5);
    return send_resource(c, request, "objects%2Flarge.bin", object_size, crc32c, md5);
}

/* A part of an XML multipart upload: the checksum that it came with is named again. */
static bool put_gcs_part(struct connection *c, const struct request *request) {
    char sent[256], hash[300] = "", headers[512];
    if (header(request, "x-goog-hash", sent, sizeof sent)) snprintf(hash, sizeof hash, "x-goog-hash: %s\r\n", sent);
    snprintf(headers, sizeof headers, "ETag: \"" ETAG "\"\r\n%s", hash);
    return answer(c, "200 OK", headers, NULL, 0);
}

static bool put_gcs_object(struct connection *c, const struct request *request, const char *key, bool as_xml) {
    char crc32c[CHECKSUM_TEXT] = "AAAAAA==", md5[CHECKSUM_TEXT] = "1B2M2Y8AsgTpgAmY7PhCfg==", name[2048] = "", headers[512];
    size_t length;
    const char *data = uploaded(request, &length);
    if (data != NULL) {
        checksum(CRC32C, (const unsigned char *)data, length, crc32c);
        checksum(MD5, (const unsigned char *)data, length, md5);
    }
    if (!as_xml) {
        if (key == NULL && parameter(request, "name", name, sizeof name)) key = name;
        return send_resource(c, request, key != NULL ? key : "objects%2Fuploaded", (long)length, crc32c, md5);
    }
    snprintf(headers, sizeof headers,
             "ETag: \"" ETAG "\"\r\nx-goog-generation: " GENERATION "\r\nx-goog-metageneration: 1\r\n"
             "x-goog-hash: crc32c=%s\r\nx-goog-hash: md5=%s\r\nx-goog-stored-content-length: %zu\r\n"
             "x-goog-stored-content-encoding: identity\r\n", crc32c, md5, length);
    return answer(c, "200 OK", headers, NULL, 0);
}

static bool respond_gcs(struct connection *c, const struct request *request) {
    const char *path = request->path, *method = request->method, *key = NULL;
    char fields[2048], alt[16];
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (parameter(request, "uploadType", alt, sizeof alt) && strcmp(alt, "resumable") == 0) return upload_resumable(c, request);
    if (strncmp(path, "/upload/", 8) == 0) return put_gcs_object(c, request, NULL, false);
    if (strcmp(method, "POST") == 0 && (has(request, "uploads") || has(request, "uploadId"))) return post(c, request);
    if (strcmp(method, "PUT") == 0 && has(request, "partNumber")) return put_gcs_part(c, request);
    if (strncmp(path, "/download/", 10) == 0 && (key = behind(path, 7)) != NULL) return get_gcs_object(c, request, key, true);
    bool json = strncmp(path, "/storage/v1/", 12) == 0;
    key = behind(path, json ? 6 : 2);
    if (strcmp(method, "DELETE") == 0) return answer(c, "204 No Content", "", NULL, 0);
    if (reads && key != NULL) {
        bool media = !json || (parameter(request, "alt", alt, sizeof alt) && strcmp(alt, "media") == 0);
        return get_gcs_object(c, request, key, media);
    }
    if (strcmp(method, "PUT") == 0 && key != NULL && !json) return put_gcs_object(c, request, key, true);
    if (reads && json && behind(path, 5) != NULL) {
        fields_of(request, fields, sizeof fields);
        return send_page(c, request, render_gcs, fields, "pageToken", "maxResults", 1000, AS_JSON);
    }
    if (reads && has(request, "list-type")) return list_s3_objects(c, request);
    return refuse(c, request, "405 Method Not Allowed", "MethodNotAllowed");
}

/* ---------------------------------------------------------------- Azure Blob Storage */

static bool get_azure_object(struct connection *c, const struct request *request, const char *key) {
    enum algorithm algorithm;
    long size;
    struct range range;
    char md5[CHECKSUM_TEXT], about[1024];
    if (!find_object(key, &algorithm, &size)) return refuse(c, request, "404 The specified blob does not exist.", "BlobNotFound");
    if (!wanted_range(request, size, &range)) return refuse(c, request, "416 The range specified is invalid.", "InvalidRange");
    checksum_of(MD5, size, md5);
    snprintf(about, sizeof about,
             "ETag: \"0x8DC58C1F3C5A1B2\"\r\n%s: %s\r\nx-ms-creation-time: " WHEN_HTTP "\r\n"
             "x-ms-lease-status: unlocked\r\nx-ms-lease-state: available\r\nx-ms-blob-type: BlockBlob\r\n"
             "x-ms-server-encrypted: true\r\n%s",
             range.given ? "x-ms-blob-content-md5" : "Content-MD5", md5,
             strcmp(request->method, "HEAD") == 0 ? "x-ms-access-tier: Hot\r\nx-ms-access-tier-inferred: true\r\n" : "");
    return send_object(c, request, size, range, about);
}

static bool put_azure_object(struct connection *c, const struct request *request) {
    char md5[CHECKSUM_TEXT] = "1B2M2Y8AsgTpgAmY7PhCfg==", headers[512];
    char sent[CHECKSUM_TEXT];
    if (header(request, "x-ms-content-crc64", sent, sizeof sent)) { /* a block that is too large to be read */
        snprintf(headers, sizeof headers, "x-ms-content-crc64: %s\r\nx-ms-request-server-encrypted: true\r\n", sent);
        return answer(c, "201 Created", headers, NULL, 0);
    }
    if (request->body != NULL) checksum(MD5, (const unsigned char *)request->body, (size_t)request->body_length, md5);
    else if (header(request, "content-md5", sent, sizeof sent)) snprintf(md5, sizeof md5, "%s", sent);
    snprintf(headers, sizeof headers,
             "Content-MD5: %s\r\nLast-Modified: " WHEN_HTTP "\r\nETag: \"0x8DC58C1F3C5A1B2\"\r\n"
             "x-ms-request-server-encrypted: true\r\n", md5);
    return answer(c, "201 Created", headers, NULL, 0);
}

static bool respond_azure(struct connection *c, const struct request *request) {
    const char *key = behind(request->path, 3), *method = request->method;
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (reads && key != NULL) return get_azure_object(c, request, key);
    if (reads && has(request, "comp")) return send_page(c, request, render_azure, "", "marker", "maxresults", 5000, AS_XML);
    if (strcmp(method, "PUT") == 0 && key != NULL) return put_azure_object(c, request);
    if (strcmp(method, "DELETE") == 0) return answer(c, "202 Accepted", "", NULL, 0);
    return refuse(c, request, "405 Method Not Allowed", "UnsupportedHttpVerb");
}

/* ---------------------------------------------------------------- OpenStack Swift */

static bool get_swift_object(struct connection *c, const struct request *request, const char *key) {
    enum algorithm algorithm;
    long size;
    struct range range;
    char md5[CHECKSUM_TEXT], hex[33], about[256];
    if (!find_object(key, &algorithm, &size)) return refuse(c, request, "404 Not Found", "Not Found");
    if (!wanted_range(request, size, &range)) return refuse(c, request, "416 Requested Range Not Satisfiable", "Range");
    checksum_of(MD5, size, md5);
    hex_of_base64(md5, hex);
    snprintf(about, sizeof about, "Etag: %s\r\nX-Timestamp: 1792567680.00000\r\n", hex);
    return send_object(c, request, size, range, about);
}

static bool put_swift_object(struct connection *c, const struct request *request) {
    char md5[CHECKSUM_TEXT] = "1B2M2Y8AsgTpgAmY7PhCfg==", hex[33], headers[256];
    if (request->body != NULL) checksum(MD5, (const unsigned char *)request->body, (size_t)request->body_length, md5);
    hex_of_base64(md5, hex);
    snprintf(headers, sizeof headers, "Content-Type: text/html; charset=UTF-8\r\nLast-Modified: " WHEN_HTTP "\r\nEtag: %s\r\n", hex);
    return answer(c, "201 Created", headers, NULL, 0);
}

/* https://docs.openstack.org/swift/latest/overview_auth.html#tempauth */
static bool log_in(struct connection *c) {
    char headers[512];
    snprintf(headers, sizeof headers,
             "X-Storage-Url: http://127.0.0.1:%d" ACCOUNT_PATH "\r\nX-Auth-Token: AUTH_tk0123456789abcdef0123456789abcdef\r\n"
             "X-Storage-Token: AUTH_tk0123456789abcdef0123456789abcdef\r\nX-Auth-Token-Expires: 86399\r\n", port);
    return answer(c, "200 OK", headers, NULL, 0);
}

static bool respond_swift(struct connection *c, const struct request *request) {
    static const char info[] = "{\"swift\": {\"version\": \"2.38.3\", \"max_file_size\": 5368709122, "
                               "\"container_listing_limit\": 10000, \"max_object_name_length\": 1024}, "
                               "\"slo\": {\"max_manifest_segments\": 1000, \"min_segment_size\": 1}, "
                               "\"bulk_delete\": {\"max_deletes_per_request\": 10000}}";
    char as_json[512];
    snprintf(as_json, sizeof as_json,
             "Content-Type: application/json; charset=utf-8\r\nX-Container-Object-Count: %d\r\n"
             "X-Container-Bytes-Used: 4096\r\nX-Timestamp: 1792567680.00000\r\n"
             "X-Storage-Policy: standard\r\nAccept-Ranges: bytes\r\n", listed_keys);
    const char *method = request->method;
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (strncmp(request->path, "/auth/", 6) == 0) return log_in(c);
    if (reads && strcmp(request->path, "/info") == 0) return answer(c, "200 OK", as_json, info, strlen(info));
    if (strncmp(request->path, ACCOUNT_PATH, strlen(ACCOUNT_PATH)) != 0) return refuse(c, request, "404 Not Found", "path");
    const char *container = behind(request->path, 3), *key = behind(request->path, 4);
    if (reads && key != NULL) return get_swift_object(c, request, key);
    if (strcmp(method, "GET") == 0 && container != NULL)
        return send_page(c, request, render_swift, "", "marker", "limit", 10000, as_json);
    if (reads) return answer(c, "204 No Content", as_json, NULL, 0);
    if (strcmp(method, "PUT") == 0 && key != NULL) return put_swift_object(c, request);
    if (strcmp(method, "DELETE") == 0) return answer(c, "204 No Content", "", NULL, 0);
    return refuse(c, request, "405 Method Not Allowed", "Method Not Allowed");
}

static bool (*const respond[PROTOCOLS])(struct connection *, const struct request *) = {
    respond_s3, respond_gcs, respond_azure, respond_swift,
};

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

/* Take the body off the connection: one that the answer depends on into memory, any other to nowhere. */
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
    bool is_delete = protocol == S3 && strcmp(request->method, "POST") == 0 && has(request, "delete");
    if (is_delete || (protocol != S3 && length > 0 && length <= SMALL_LIMIT)) {
        request->body = receive_document(c, length);
        request->body_length = length;
        return request->body != NULL;
    }
    return discard(c, length);
}

static void *serve(void *argument) {
    struct connection *c = argument;
    struct request *request = calloc(1, sizeof *request);
    char value[64];
#ifdef WITH_TLS
    if (tls_context != NULL) {
        c->tls = SSL_new(tls_context);
        if (c->tls == NULL || SSL_set_fd(c->tls, c->fd) != 1 || SSL_accept(c->tls) != 1) {
            free(request);
            request = NULL;
        }
    }
#endif
    while (request != NULL && receive_head(c, request)) {
        bool sent = receive_body(c, request) && respond[protocol](c, request);
        free(request->body);
        request->body = NULL;
        request->body_length = 0;
        if (!sent || (header(request, "connection", value, sizeof value) && strcasecmp(value, "close") == 0)) break;
    }
#ifdef WITH_TLS
    if (c->tls != NULL) {
        SSL_shutdown(c->tls);
        SSL_free(c->tls);
    }
#endif
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

static int listen_on_loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 512) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("nullstore: listen");
        exit(1);
    }
    port = ntohs(address.sin_port);
    return listener;
}

static bool prepare_tls(const char *certificate, const char *key) {
#ifdef WITH_TLS
    tls_context = SSL_CTX_new(TLS_server_method());
    if (tls_context != NULL && SSL_CTX_use_certificate_chain_file(tls_context, certificate) == 1 &&
        SSL_CTX_use_PrivateKey_file(tls_context, key, SSL_FILETYPE_PEM) == 1)
        return true;
    fprintf(stderr, "nullstore: OpenSSL takes no certificate from %s and key from %s\n", certificate, key);
#else
    (void)certificate, (void)key;
    fputs("nullstore: it was compiled without TLS\n", stderr);
#endif
    return false;
}

int main(int count, char **arguments) {
    char *end = NULL;
    bool complete = count == 4 || count == 6;
    long keys = complete ? strtol(arguments[3], &end, 10) : -1;
    if (complete)
        while (protocol < PROTOCOLS && strcmp(arguments[1], protocol_names[protocol]) != 0) protocol++;
    if (!complete || protocol == PROTOCOLS || *end || keys < 0 || keys > 10 * 1000 * 1000) {
        fputs("usage: nullstore s3|gcs|azure|swift FILE KEYS [CERTIFICATE KEY]\n", stderr);
        return 2;
    }
    if (count == 6 && !prepare_tls(arguments[4], arguments[5])) return 1;
    listed_keys = (int)keys;
    signal(SIGPIPE, SIG_IGN);
    make_crc_tables();
    open_object(arguments[2]);
    int listener = listen_on_loopback();
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
