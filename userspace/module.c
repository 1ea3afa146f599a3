// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "cleanup.h"
#include "module.h"

#define MODULE_NAME "domicile"
#define UNLOAD_TRIES 200
#define UNLOAD_PAUSE_NS 50000000

bool module_loaded(void)
{
	return !access("/sys/module/" MODULE_NAME, F_OK);
}

static const char *release(void)
{
	static struct utsname name;

	uname(&name);
	return name.release;
}

static int vermagic_read(struct module_file *file)
{
	static const char key[] = "vermagic=";
	cleanup(close_fd) int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	const char *found;
	size_t length;
	void *text;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!st.st_size)
		return -ENOEXEC;
	text = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return -errno;
	found = memmem(text, st.st_size, key, sizeof(key) - 1);
	if (found) {
		found += sizeof(key) - 1;
		length = (const char *)text + st.st_size - found;
		length = length < MODULE_RELEASE_MAX ? length : MODULE_RELEASE_MAX - 1;
		snprintf(file->built_for, sizeof(file->built_for), "%.*s", (int)length, found);
		file->built_for[strcspn(file->built_for, " ")] = '\0';
	}
	munmap(text, st.st_size);
	return found ? 0 : -ENOEXEC;
}

static int beside_program(char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof(MODULE_NAME ".ko"));
	char *slash;

	if (length < 0)
		return -errno;
	path[length] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash + 1, MODULE_NAME ".ko");
	return access(path, R_OK) ? -errno : 0;
}

/* Where depmod, `make install` and dkms put modules, compressed or not. */
static int installed(char path[PATH_MAX])
{
	static const char *const places[] = { "updates/dkms", "updates", "extra" };
	static const char *const suffixes[] = { "", ".xz", ".zst", ".gz" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		for (size_t j = 0; j < sizeof(suffixes) / sizeof(*suffixes); j++) {
			snprintf(path, PATH_MAX, "/lib/modules/%s/%s/" MODULE_NAME ".ko%s",
				 release(), places[i], suffixes[j]);
			if (!access(path, R_OK))
				return 0;
		}
	}
	return -ENOENT;
}

/* A program that was built in a tree goes with the module of that tree. */
int module_find(struct module_file *file)
{
	struct module_file found = { 0 };
	int err;

	if (!beside_program(found.path)) {
		err = vermagic_read(&found);
		if (err)
			return err;
	} else if (!installed(found.path)) {
		snprintf(found.built_for, sizeof(found.built_for), "%s", release());
	} else {
		return -ENOENT;
	}
	*file = found;
	return 0;
}

bool module_fits(const struct module_file *file)
{
	return !strcmp(file->built_for, release());
}

static void load_reason(const struct module_file *file, int err, char *why, size_t size)
{
	switch (err) {
	case EPERM:
		snprintf(why, size, "not permitted (run as root; /proc/sys/kernel/modules_disabled "
				    "must be 0 and kernel lockdown must accept the module)");
		break;
	case EKEYREJECTED:
	case ENOKEY:
		snprintf(why, size, "%s is not signed by a key this kernel trusts (sign it, or "
				    "turn off module signature enforcement)", file->path);
		break;
	case ENOSYS:
		snprintf(why, size, "this kernel has no loadable modules");
		break;
	default:
		snprintf(why, size, "%s: %s (see dmesg)", file->path, strerror(err));
	}
}

static bool modprobe(void)
{
	char *const arguments[] = { "modprobe", "-q", MODULE_NAME, NULL };
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, *arguments, NULL, NULL, arguments, environ))
		return false;
	return waitpid(pid, &status, 0) == pid && !status && module_loaded();
}

static int insert(const struct module_file *file)
{
	cleanup(close_fd) int fd = open(file->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
		return -errno;
	return 0;
}

int module_load(char *why, size_t size)
{
	struct module_file file;
	int err;

	if (module_loaded())
		return 0;
	err = module_find(&file);
	if (err) {
		snprintf(why, size, "no domicile.ko for kernel %s (build it with make KDIR="
				    "/lib/modules/%s/build)", release(), release());
		return err;
	}
	if (!module_fits(&file)) {
		snprintf(why, size, "%s was built for %s, this kernel is %s (rebuild with make "
				    "KDIR=/lib/modules/%s/build)", file.path, file.built_for,
			 release(), release());
		return -ENOEXEC;
	}
	if (beside_program((char[PATH_MAX]){ 0 }) && modprobe())
		return 0;
	err = insert(&file);
	if (err)
		load_reason(&file, -err, why, size);
	return err;
}

int module_unload(void)
{
	const struct timespec pause = { .tv_nsec = UNLOAD_PAUSE_NS };

	for (int i = 0; i < UNLOAD_TRIES; i++) {
		if (!syscall(SYS_delete_module, MODULE_NAME, O_NONBLOCK))
			return 0;
		if (errno != EBUSY && errno != EAGAIN)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return -EBUSY;
}
