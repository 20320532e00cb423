"""What is known of promises that are not kept: works, and what limits them. The page shows those of missed ones."""

LIMITS: list[tuple[tuple[str, ...], str]] = [
    (
        ("get-16", "put-16", "ranges-16", "gcs-get-16", "gcs-put-16", "azure-get-16", "azure-put-16"),
        (
            "Small objects by 16 threads: one call runs about 280 functions in Python under the interpreter's one lock "
            "(cProfile of 1,000 GETs, one at a time: the two system calls have a sixth of the time, none of the others more "
            "than 5 % of its own), and threads hand the lock over at each system call. obstore, opendal and rclone run their calls "
            "beside that lock. What is left is fewer functions a call; another process for a part of the keys is the "
            "way to more (`cloud.transfer` takes any executor)."
        ),
    ),
    (
        ("head", "get", "put", "gcs-head", "gcs-get", "gcs-put", "azure-head", "azure-get", "azure-put"),
        (
            "Small objects one at a time: the same 280 functions. obstore's call is longer in the kernel, as it wakes "
            "a thread of its own, and shorter in code; which of both is cheaper changes with the state of the machine."
        ),
    ),
    (
        ("ranges",),
        (
            "Ranges one at a time: boto3's share that `cloud` does not have is fixed, what both need for 64 KiB in "
            "system calls is not, so the ratio is lower than that of empty calls."
        ),
    ),
    (
        ("delete",),
        (
            "Batch delete: boto3 is asked for quiet answers, and then has nothing to parse. Of a key's CPU in `cloud` "
            "a third is the check of the key, a quarter the document, the rest a `DeleteResult` for each key, which "
            "boto3 in quiet mode does not give. Ten times boto3 would be 0.8 µs a key, less than those records."
        ),
    ),
    (
        ("sync-again",),
        (
            "A sync that finds nothing to do is the start of a Python process (a quarter of a second of its CPU with the "
            "command line, the S3 client and the journal) and one listing; s5cmd and rclone start in hundredths."
        ),
    ),
    (
        ("first-read",),
        (
            "Process start: Python's own start (a fifth of it), the imports of sockets, hashes and the client, and one "
            "request. What is imported is what is used; boto3's figure moves between 3.8 and 4.7 times with the machine."
        ),
    ),
    (
        ("download", "gcs-download"),
        (
            "Large downloads: obstore's parallel reads check nothing, here every byte goes through the checksum that the "
            "service has, on the two cores that the server needs, too: 0.3 s of CPU a gigabyte for a CRC-32 by zlib "
            "(awscrt's is no faster), 0.05 for a CRC-32C."
        ),
    ),
    (
        ("azure-upload",),
        (
            "Azure, large upload: of 0.7 s of CPU a gigabyte the kernel has 0.4, which every client pays, and the server "
            "needs the other core; blocks go with a CRC-64, as to the service."
        ),
    ),
    (
        ("azure-list",),
        (
            "Azure, listing: more than a third of a key's time is one regular expression over the kilobyte of XML that "
            "Azure sends for it, a sixth the record (cProfile of 20,000 keys); obstore and opendal need as long. The SDK's figure "
            "moves between 25 and 28 times with the machine."
        ),
    ),
    (
        ("tls-upload", "tls-download"),
        (
            "TLS: encryption and the copies around it are OpenSSL's and the same for all; only what the client adds "
            "to them can be saved."
        ),
    ),
]
