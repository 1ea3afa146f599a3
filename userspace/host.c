// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "cleanup.h"
#include "host.h"
#include "module.h"

#define KERNEL_MAJOR 6
#define KERNEL_MINOR 12
#define BPFFS "/sys/fs/bpf"
#define LSM_LIST "/sys/kernel/security/lsm"
#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

__attribute__((format(printf, 3, 4)))
static void found(struct host_check *check, enum host_state state, const char *format, ...)
{
	va_list arguments;

	check->state = state;
	va_start(arguments, format);
	vsnprintf(check->detail, sizeof(check->detail), format, arguments);
	va_end(arguments);
}

__attribute__((format(printf, 2, 3)))
static void advise(struct host_check *check, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(check->remedy, sizeof(check->remedy), format, arguments);
	va_end(arguments);
}

const char *host_state_name(enum host_state state)
{
	static const char *const names[] = {
		[HOST_OK] = "ok",
		[HOST_MISSING] = "missing",
		[HOST_UNKNOWN] = "unknown",
		[HOST_WARNING] = "warning",
	};

	_Static_assert(sizeof(names) / sizeof(*names) == HOST_STATES, "every state has a name");
	return names[state];
}

static bool capable(unsigned int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

static void check_privilege(struct host_check *check)
{
	static const struct {
		unsigned int number;
		const char *name;
	} needed[] = {
		{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
		{ CAP_BPF, "CAP_BPF" },
		{ CAP_MAC_ADMIN, "CAP_MAC_ADMIN" },
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
		{ CAP_SYS_MODULE, "CAP_SYS_MODULE" },
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (capable(needed[i].number))
			continue;
		found(check, HOST_MISSING, "uid %u has no %s", geteuid(), needed[i].name);
		advise(check, "run as root, outside of containers");
		return;
	}
	found(check, HOST_OK, "root");
}

static void check_kernel(struct host_check *check)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	if (major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR)) {
		found(check, HOST_OK, "%s", name.release);
		return;
	}
	found(check, HOST_MISSING, "%s is older than %u.%u", name.release, KERNEL_MAJOR,
	    KERNEL_MINOR);
	advise(check, "boot a newer kernel; Debian 12 has one in bookworm-backports");
}

static void check_btf(struct host_check *check)
{
	if (!access(VMLINUX_BTF, R_OK)) {
		found(check, HOST_OK, VMLINUX_BTF);
		return;
	}
	found(check, HOST_MISSING, "no " VMLINUX_BTF);
	advise(check, "boot a kernel with CONFIG_DEBUG_INFO_BTF=y");
}

static bool line_read(const char *path, char *line, int size)
{
	cleanup(close_file) FILE *file = fopen(path, "re");

	if (!file || !fgets(line, size, file))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static bool list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (; *list; list += strcspn(list, ","), list += *list == ',')
		if (strcspn(list, ",") == length && !strncmp(list, word, length))
			return true;
	return false;
}

static void check_lsm(struct host_check *check)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool compiled = btf && btf__find_by_name_kind(btf, "bpf_lsm_file_open", BTF_KIND_FUNC) > 0;
	char active[256];

	btf__free(btf);
	if (!line_read(LSM_LIST, active, sizeof(active))) {
		found(check, compiled ? HOST_UNKNOWN : HOST_MISSING,
		    compiled ? "compiled in; cannot read " LSM_LIST : "not in this kernel");
		advise(check, compiled ? "mount -t securityfs securityfs /sys/kernel/security" :
					 "boot a kernel with CONFIG_BPF_LSM=y");
		return;
	}
	if (list_has(active, "bpf")) {
		found(check, HOST_OK, "active (%s)", active);
		return;
	}
	found(check, HOST_MISSING, compiled ? "compiled in, not active (%s)" :
					    "not in this kernel (%s)", active);
	if (compiled)
		advise(check, "add lsm=%.180s,bpf to the kernel command line and reboot", active);
	else
		advise(check, "boot a kernel with CONFIG_BPF_LSM=y");
}

static void check_modules(struct host_check *check)
{
	char line[16];

	if (access("/proc/modules", F_OK)) {
		found(check, HOST_MISSING, "this kernel has no loadable modules");
		advise(check, "boot a kernel with CONFIG_MODULES=y");
	} else if (!module_loaded() &&
		   line_read("/proc/sys/kernel/modules_disabled", line, sizeof(line)) &&
		   line[0] == '1') {
		found(check, HOST_MISSING, "loading modules was switched off until the next boot");
		advise(check, "load domicile.ko before kernel.modules_disabled is set");
	} else {
		found(check, HOST_OK, "can be loaded");
	}
}

static void check_module(struct host_check *check)
{
	struct module_file file;
	struct utsname name;

	uname(&name);
	if (module_loaded()) {
		found(check, HOST_OK, "loaded");
	} else if (module_find(&file)) {
		found(check, HOST_MISSING, "none for kernel %s", name.release);
		advise(check, "make KDIR=/lib/modules/%s/build", name.release);
	} else if (!module_fits(&file)) {
		found(check, HOST_MISSING, "built for %s, this kernel is %s",
		    file.built_for, name.release);
		advise(check, "rebuild with make KDIR=/lib/modules/%s/build", name.release);
	} else {
		found(check, HOST_OK, "%.200s", file.path);
	}
}

static void check_bpffs(struct host_check *check)
{
	struct statfs fs;

	if (statfs(BPFFS, &fs)) {
		found(check, HOST_MISSING, "no " BPFFS);
		advise(check, "boot a kernel with CONFIG_BPF_SYSCALL=y and mount /sys");
	} else if (fs.f_type == BPF_FS_MAGIC) {
		found(check, HOST_OK, "mounted at " BPFFS);
	} else {
		found(check, HOST_OK, "not mounted at " BPFFS "; domicile up mounts it");
	}
}

int host_mount_bpffs(void)
{
	struct statfs fs;

	if (!statfs(BPFFS, &fs) && fs.f_type == BPF_FS_MAGIC)
		return 0;
	return mount("bpf", BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") ?
		       -errno : 0;
}

int host_cgroup_root(char path[PATH_MAX])
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	int err = -ENOENT;

	if (!mounts)
		return -errno;
	while (err && (entry = getmntent(mounts))) {
		if (strcmp(entry->mnt_type, "cgroup2"))
			continue;
		snprintf(path, PATH_MAX, "%s", entry->mnt_dir);
		err = 0;
	}
	endmntent(mounts);
	return err;
}

static void check_cgroup(struct host_check *check)
{
	char path[PATH_MAX];

	if (!host_cgroup_root(path)) {
		found(check, HOST_OK, "mounted at %.200s", path);
		return;
	}
	found(check, HOST_MISSING, "not mounted");
	advise(check, "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
}

static void check_program(struct host_check *check, enum bpf_prog_type type, const char *option)
{
	int answer;

	if (!capable(CAP_BPF) || !capable(CAP_SYS_ADMIN)) {
		found(check, HOST_UNKNOWN, "only root can try");
		return;
	}
	answer = libbpf_probe_bpf_prog_type(type, NULL);
	if (answer > 0) {
		found(check, HOST_OK, "the kernel loads them");
		return;
	}
	found(check, HOST_MISSING, answer ? "cannot try: %s" : "the kernel refuses them",
	    strerror(-answer));
	advise(check, "boot a kernel with %s", option);
}

static void check_lsm_programs(struct host_check *check)
{
	check_program(check, BPF_PROG_TYPE_LSM, "CONFIG_BPF_LSM=y and CONFIG_BPF_JIT=y");
}

static void check_tracing_programs(struct host_check *check)
{
	check_program(check, BPF_PROG_TYPE_TRACING,
		      "CONFIG_FUNCTION_TRACER=y and CONFIG_BPF_JIT=y");
}

static void check_cgroup_programs(struct host_check *check)
{
	check_program(check, BPF_PROG_TYPE_CGROUP_SKB, "CONFIG_CGROUP_BPF=y");
}

static const struct {
	const char *name;
	void (*run)(struct host_check *check);
} checks_known[] = {
	{ "privilege", check_privilege },
	{ "kernel", check_kernel },
	{ "BTF", check_btf },
	{ "BPF LSM", check_lsm },
	{ "modules", check_modules },
	{ "domicile.ko", check_module },
	{ "bpffs", check_bpffs },
	{ "cgroup v2", check_cgroup },
	{ "LSM programs", check_lsm_programs },
	{ "tracing programs", check_tracing_programs },
	{ "cgroup programs", check_cgroup_programs },
	{ "swap", host_check_swap },
	{ "hibernation", host_check_hibernation },
};

_Static_assert(sizeof(checks_known) / sizeof(*checks_known) <= HOST_CHECKS_MAX,
	       "callers have room for every check");

size_t host_check(struct host_check checks[HOST_CHECKS_MAX])
{
	size_t count = sizeof(checks_known) / sizeof(*checks_known);

	for (size_t i = 0; i < count; i++) {
		memset(&checks[i], 0, sizeof(checks[i]));
		checks[i].name = checks_known[i].name;
		checks_known[i].run(&checks[i]);
	}
	return count;
}
