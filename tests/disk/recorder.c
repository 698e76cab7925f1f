/* What a process really does to the files below one folder: every write, truncation, sync, creation, removal and renaming is
 * appended, with its bytes, to a log; and one of them can be made to fail. Loaded with LD_PRELOAD under the SQLite that the box
 * itself uses, so that nothing of what is tested is replaced.
 *
 * A record is one struct head, then the name, then the bytes. Names are relative to the folder; files below it are told by their
 * inode, so that a name that is used again is another file. One thread at a time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { WRITE = 1, TRUNCATE, SYNC, CREATE, UNLINK, RENAME, LINK, SYNC_FOLDER, MARK };

struct head {
    uint32_t kind, name_size, data_size, unused;
    uint64_t inode, offset;
};

static char folder[4096];
static size_t folder_size;
static int log_fd = -1;
static int fail_kind, fail_errno, fail_half; /* the next failure: which kind of operation, how, and whether half is written first */
static int fail_nth;                         /* counts down; 0: no failure is due */

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *below(const char *path) {
    return log_fd >= 0 && strncmp(path, folder, folder_size) == 0 && path[folder_size] == '/' ? path + folder_size + 1 : NULL;
}

/* Shared memory (-shm) is begun anew after a power cut, and SQLite never syncs it. */
static int matters(const char *name) {
    size_t size = strlen(name);
    return size < 4 || strcmp(name + size - 4, "-shm") != 0;
}

static void record(enum kind kind, const char *name, uint64_t inode, uint64_t offset, const void *data, size_t size) {
    struct head head = {kind, strlen(name), size, 0, inode, offset};
    if (REAL(write)(log_fd, &head, sizeof head) < 0 || REAL(write)(log_fd, name, head.name_size) < 0 ||
        (size && REAL(write)(log_fd, data, size) < 0))
        abort();
}

/* The inode of an open file below the folder; 0 for any other. */
static uint64_t inode_of(int fd) {
    char link[64], path[4096];
    struct stat there;
    if (log_fd < 0 || fd == log_fd)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0 || fstat(fd, &there))
        return 0;
    path[size] = 0;
    if (strcmp(path, folder) == 0)
        return there.st_ino;
    const char *name = below(path);
    return name && matters(name) ? there.st_ino : 0;
}

/* Whether this operation is the one that is to fail. */
static int fails(enum kind kind) {
    return fail_nth && (int)kind == fail_kind && --fail_nth == 0;
}

/* -- for the one who tells the story -- */

void recorder_begin(const char *path, int fd) {
    folder_size = strlen(path);
    memcpy(folder, path, folder_size + 1);
    log_fd = fd;
}

void recorder_mark(const char *text) { record(MARK, text, 0, 0, NULL, 0); }

/* The nth operation of that kind from now on fails with that error; at 0, none does. */
void recorder_fail(int kind, int nth, int error, int half) {
    fail_kind = kind, fail_nth = nth, fail_errno = error, fail_half = half;
}

/* Whether that has not come yet. */
int recorder_is_due(void) { return fail_nth != 0; }

/* -- what is recorded -- */

static ssize_t write_at(int fd, const void *data, size_t size, off64_t offset) {
    uint64_t inode = inode_of(fd);
    ssize_t done;
    if (inode && fails(WRITE)) {
        if (fail_half && (done = REAL(pwrite64)(fd, data, size / 2, offset)) > 0)
            record(WRITE, "", inode, offset, data, done);
        errno = fail_errno;
        return -1;
    }
    done = REAL(pwrite64)(fd, data, size, offset);
    if (inode && done > 0)
        record(WRITE, "", inode, offset, data, done);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) { return write_at(fd, data, size, offset); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return write_at(fd, data, size, offset); }

ssize_t write(int fd, const void *data, size_t size) {
    return inode_of(fd) ? write_at(fd, data, size, lseek64(fd, 0, SEEK_CUR)) : REAL(write)(fd, data, size);
}

static int truncate_to(int fd, off64_t size) {
    uint64_t inode = inode_of(fd);
    if (inode && fails(TRUNCATE)) {
        errno = fail_errno;
        return -1;
    }
    int done = REAL(ftruncate64)(fd, size);
    if (inode && done == 0)
        record(TRUNCATE, "", inode, size, NULL, 0);
    return done;
}

int ftruncate64(int fd, off64_t size) { return truncate_to(fd, size); }
int ftruncate(int fd, off_t size) { return truncate_to(fd, size); }

static int sync_it(int fd, int (*real)(int)) {
    struct stat there;
    uint64_t inode = inode_of(fd);
    if (inode && fails(SYNC)) {
        errno = fail_errno;
        return -1;
    }
    int done = inode ? 0 : real(fd); /* below the folder nothing needs the disk: what a sync means is decided by the reader of the log */
    if (inode && fstat(fd, &there) == 0)
        record(S_ISDIR(there.st_mode) ? SYNC_FOLDER : SYNC, "", inode, 0, NULL, 0);
    return done;
}

int fsync(int fd) { return sync_it(fd, REAL(fsync)); }
int fdatasync(int fd) { return sync_it(fd, REAL(fdatasync)); }

static int open_it(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    const char *name = below(path);
    struct stat there;
    int is_new = name && matters(name) && (flags & O_CREAT) && lstat(path, &there) != 0;
    if (is_new && fails(CREATE)) {
        errno = fail_errno;
        return -1;
    }
    int fd = real(path, flags, mode);
    if (fd >= 0 && is_new && fstat(fd, &there) == 0)
        record(CREATE, name, there.st_ino, 0, NULL, 0);
    return fd;
}

#define OPEN(name)                                                                                                                     \
    int name(const char *path, int flags, ...) {                                                                                       \
        va_list more;                                                                                                                  \
        va_start(more, flags);                                                                                                         \
        mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;                                                                      \
        va_end(more);                                                                                                                  \
        return open_it(REAL(name), path, flags, mode);                                                                                 \
    }
OPEN(open)
OPEN(open64)

int unlink(const char *path) {
    const char *name = below(path);
    struct stat there;
    int known = name && matters(name) && lstat(path, &there) == 0;
    if (known && fails(UNLINK)) {
        errno = fail_errno;
        return -1;
    }
    int done = REAL(unlink)(path);
    if (known && done == 0)
        record(UNLINK, name, there.st_ino, 0, NULL, 0);
    return done;
}

int rename(const char *from, const char *to) {
    const char *name = below(from), *new_name = below(to);
    struct stat there;
    int known = name && new_name && matters(name) && lstat(from, &there) == 0;
    int done = REAL(rename)(from, to);
    if (known && done == 0)
        record(RENAME, name, there.st_ino, 0, new_name, strlen(new_name));
    return done;
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
    const char *name = below(from), *new_name = below(to);
    struct stat there;
    int known = name && new_name && lstat(from, &there) == 0;
    int done = REAL(linkat)(from_fd, from, to_fd, to, flags);
    if (known && done == 0)
        record(LINK, new_name, there.st_ino, 0, NULL, 0);
    return done;
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
