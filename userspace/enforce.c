// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include <linux/domicile.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "cleanup.h"
#include "daemon.h"
#include "enforce.h"
#include "host.h"
#include "interrupt.h"
#include "module.h"
#include "moment.h"
#include "netlink.h"
#include "policy_apply.h"
#include "rundir.h"
#include "taint.h"

#include "domicile.skel.h"

/* Pins are made here and moved to DOMICILE_PIN_DIR when all is in place. */
#define PIN_DIR_NEW DOMICILE_PIN_DIR "-new"
#define PIN_PATH_MAX 256
#define PROGRAMS_MAX 256
#define GONE_TRIES 100
#define GONE_PAUSE_NS 50000000

static const struct {
	const char *name;
	size_t offset;
} maps[] = {
	{ "state", offsetof(struct enforcement, state_fd) },
	{ "label_table", offsetof(struct enforcement, label_table) },
	{ "net4", offsetof(struct enforcement, net4) },
	{ "net6", offsetof(struct enforcement, net6) },
	{ "classes", offsetof(struct enforcement, classes) },
	{ "listens", offsetof(struct enforcement, listens) },
	{ "storages", offsetof(struct enforcement, storages) },
	{ "actors", offsetof(struct enforcement, actors) },
	{ "carriers", offsetof(struct enforcement, carriers) },
	{ "task_taints", offsetof(struct enforcement, task_taints) },
	{ "inode_labels", offsetof(struct enforcement, inode_labels) },
	{ "origins", offsetof(struct enforcement, origins) },
	{ "counters", offsetof(struct enforcement, counters) },
	{ "sequence", offsetof(struct enforcement, sequence) },
	{ "records", offsetof(struct enforcement, records) },
};

#define MAPS (sizeof(maps) / sizeof(*maps))

static int *map_fd(struct enforcement *enforcement, size_t map)
{
	return (int *)((char *)enforcement + maps[map].offset);
}

/* --- what libbpf says ---------------------------------------------------- */

static bool verbose;
static char first_warning[512];

static int on_print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (verbose)
		return vfprintf(stderr, format, arguments);
	if (level == LIBBPF_WARN && !first_warning[0]) {
		vsnprintf(first_warning, sizeof(first_warning), format, arguments);
		first_warning[strcspn(first_warning, "\n")] = '\0';
	}
	return 0;
}

void enforce_verbose(bool on)
{
	verbose = on;
	libbpf_set_print(on_print);
}

static const char *reason(int err)
{
	return first_warning[0] ? first_warning : strerror(-err);
}

/* --- open ---------------------------------------------------------------- */

static int state_map(struct enforcement *enforcement)
{
	void *state = mmap(NULL, sizeof(*enforcement->state), PROT_READ | PROT_WRITE, MAP_SHARED,
			   enforcement->state_fd, 0);

	if (state == MAP_FAILED)
		return -errno;
	enforcement->state = state;
	return 0;
}

bool enforce_is_on(void)
{
	return !access(DOMICILE_PIN_DIR "/maps/state", F_OK);
}

static bool is_ours(int link)
{
	struct bpf_link_info info = { 0 };
	struct bpf_prog_info program = { 0 };
	__u32 size = sizeof(info), program_size = sizeof(program);
	cleanup(close_fd) int fd = -1;

	if (bpf_link_get_info_by_fd(link, &info, &size))
		return false;
	fd = bpf_prog_get_fd_by_id(info.prog_id);
	return fd >= 0 && !bpf_prog_get_info_by_fd(fd, &program, &program_size) &&
	       !strcmp(program.name, "hook_file_open");
}

bool enforce_is_hidden(void)
{
	bool found = false;

	if (enforce_is_on() || !access(PIN_DIR_NEW, F_OK) || !module_loaded())
		return false;
	for (__u32 id = 0; !found && !bpf_link_get_next_id(id, &id);) {
		cleanup(close_fd) int fd = bpf_link_get_fd_by_id(id);

		found = fd >= 0 && is_ours(fd);
	}
	return found;
}

const char *enforce_reason(int err)
{
	return err == -ESTALE ?
		       "enforcement is on, but " DOMICILE_PIN_DIR " is out of sight: something is "
		       "mounted over it, or this is another mount namespace (findmnt /sys/fs/bpf)" :
		       strerror(-err);
}

int enforce_open(struct enforcement *enforcement)
{
	struct enforcement opened = ENFORCEMENT_NONE;
	char path[PIN_PATH_MAX];
	int err = 0;

	for (size_t i = 0; i < MAPS && !err; i++) {
		snprintf(path, sizeof(path), DOMICILE_PIN_DIR "/maps/%s", maps[i].name);
		*map_fd(&opened, i) = bpf_obj_get(path);
		err = *map_fd(&opened, i) < 0 ? -errno : 0;
	}
	if (!err)
		err = state_map(&opened);
	if (err)
		enforce_close(&opened);
	else
		*enforcement = opened;
	return err == -ENOENT && enforce_is_hidden() ? -ESTALE : err;
}

static int open_object(struct bpf_object *object, struct enforcement *enforcement)
{
	struct enforcement opened = ENFORCEMENT_NONE;
	int err = 0;

	for (size_t i = 0; i < MAPS && !err; i++) {
		int fd = bpf_object__find_map_fd_by_name(object, maps[i].name);

		*map_fd(&opened, i) = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 0);
		err = *map_fd(&opened, i) < 0 ? -errno : 0;
	}
	if (!err)
		err = state_map(&opened);
	if (err)
		enforce_close(&opened);
	else
		*enforcement = opened;
	return err;
}

void enforce_close(struct enforcement *enforcement)
{
	if (enforcement->state)
		munmap(enforcement->state, sizeof(*enforcement->state));
	enforcement->state = NULL;
	for (size_t i = 0; i < MAPS; i++) {
		close_fd(map_fd(enforcement, i));
		*map_fd(enforcement, i) = -1;
	}
}

/* --- start --------------------------------------------------------------- */

static enum answer host_ready(void)
{
	struct host_check checks[HOST_CHECKS_MAX];
	size_t count = host_check(checks);
	int err;

	for (size_t i = 0; i < count; i++)
		if (checks[i].state == HOST_MISSING)
			return refuse(ANSWER_HOST, "up: %s: %s (%s; see domicile doctor)",
				      checks[i].name, checks[i].detail, checks[i].remedy);
	err = host_mount_bpffs();
	if (err)
		return refuse(ANSWER_HOST, "up: cannot mount /sys/fs/bpf: %s", strerror(-err));
	return ANSWER_DONE;
}

static enum answer module_ready(void)
{
	cleanup(netlink_close) struct netlink link = { 0 };
	struct module_status status = { 0 };
	char why[PATH_MAX + 256];
	int err = module_load(why, sizeof(why));

	if (err)
		return refuse(ANSWER_HOST, "up: cannot load the module: %s", why);
	err = netlink_open(&link);
	if (!err)
		err = netlink_status(&link, &status);
	if (err)
		return refuse(ANSWER_HOST, "up: no answer from domicile.ko: %s", strerror(-err));
	if (status.abi != DOMICILE_ABI)
		return refuse(ANSWER_HOST, "up: domicile.ko speaks protocol %u, this program %u "
			      "(rmmod domicile, and install both from one version)",
			      status.abi, DOMICILE_ABI);
	return ANSWER_DONE;
}

/*
 * A program whose section starts with "?" is one of several for one purpose: the
 * kernel has the function that it watches, or another of them. All other
 * programs have to load.
 */
static int choose_alternatives(struct bpf_object *object)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct bpf_program *program;
	int chosen = 0;

	if (!btf)
		return -errno;
	bpf_object__for_each_program(program, object) {
		const char *target = strchr(bpf_program__section_name(program), '/');

		if (bpf_program__autoload(program) || !target ||
		    btf__find_by_name_kind(btf, target + 1, BTF_KIND_FUNC) < 0)
			continue;
		bpf_program__set_autoload(program, true);
		chosen++;
	}
	btf__free(btf);
	return chosen ? 0 : -ENOTSUP;
}

static struct bpf_link *attach(struct bpf_program *program, int cgroup)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_CGROUP_SKB ?
		       bpf_program__attach_cgroup(program, cgroup) : bpf_program__attach(program);
}

/* The pin keeps the program attached; the link itself is let go. */
static int attach_pinned(struct bpf_program *program, int cgroup)
{
	struct bpf_link *link = attach(program, cgroup);
	char path[PIN_PATH_MAX];
	int err;

	if (!link)
		return -errno;
	snprintf(path, sizeof(path), PIN_DIR_NEW "/links/%s", bpf_program__name(program));
	err = bpf_link__pin(link, path);
	bpf_link__destroy(link);
	if (err)
		unlink(path);
	return err;
}

static enum answer attach_all(struct bpf_object *object)
{
	char root[PATH_MAX];
	cleanup(close_fd) int cgroup = -1;
	struct bpf_program *program;
	int err = host_cgroup_root(root);

	if (!err)
		cgroup = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		return refuse(ANSWER_HOST, "up: cgroup v2 is not mounted (mount -t cgroup2 cgroup2 "
			      "/sys/fs/cgroup)");
	bpf_object__for_each_program(program, object) {
		if (!bpf_program__autoload(program))
			continue;
		err = attach_pinned(program, cgroup);
		if (err)
			return refuse(ANSWER_HOST, "up: cannot attach %s: %s",
				      bpf_program__name(program), reason(err));
	}
	return ANSWER_DONE;
}

static enum answer pin_maps(struct bpf_object *object)
{
	char path[PIN_PATH_MAX];
	struct bpf_map *map;

	if (mkdir(PIN_DIR_NEW, 0700) || mkdir(PIN_DIR_NEW "/maps", 0700) ||
	    mkdir(PIN_DIR_NEW "/links", 0700))
		return refuse(ANSWER_HOST, "up: cannot create " PIN_DIR_NEW ": %s",
			      strerror(errno));
	bpf_object__for_each_map(map, object) {
		if (bpf_map__is_internal(map))
			continue;
		snprintf(path, sizeof(path), PIN_DIR_NEW "/maps/%s", bpf_map__name(map));
		if (bpf_map__pin(map, path))
			return refuse(ANSWER_HOST, "up: cannot pin %s: %s", path, strerror(errno));
	}
	return ANSWER_DONE;
}

static void unpin_all(const char *directory, const char *kind)
{
	char path[PIN_PATH_MAX];
	cleanup(close_directory) DIR *pins = NULL;
	struct dirent *pin;

	snprintf(path, sizeof(path), "%s/%s", directory, kind);
	pins = opendir(path);
	while (pins && (pin = readdir(pins)))
		if (pin->d_name[0] != '.')
			unlinkat(dirfd(pins), pin->d_name, 0);
	rmdir(path);
}

static void pins_remove(const char *directory)
{
	unpin_all(directory, "links");
	unpin_all(directory, "maps");
	rmdir(directory);
}

static enum answer object_load(struct domicile_bpf **skeleton)
{
	struct domicile_bpf *opened = domicile_bpf__open();
	int err;

	if (!opened)
		return refuse(ANSWER_HOST, "up: cannot open the BPF programs: %s", reason(-errno));
	err = choose_alternatives(opened->obj);
	if (!err)
		err = domicile_bpf__load(opened);
	if (err) {
		domicile_bpf__destroy(opened);
		return refuse(ANSWER_HOST, "up: the kernel refuses the BPF programs: %s",
			      reason(err));
	}
	*skeleton = opened;
	return ANSWER_DONE;
}

static enum answer start_object(struct bpf_object *object, const struct policy *policy)
{
	cleanup(enforce_close) struct enforcement enforcement = ENFORCEMENT_NONE;
	enum answer answer;
	int err = open_object(object, &enforcement);

	if (err)
		return refuse(ANSWER_HOST, "up: cannot open the maps: %s", strerror(-err));
	err = taint_keep(&enforcement);
	if (err)
		return refuse(ANSWER_HOST, "up: cannot reach kthreadd: %s (start Domicile in the "
			      "initial pid namespace)", strerror(-err));
	answer = policy_apply(policy, &enforcement, 0);
	if (answer != ANSWER_DONE)
		return answer;
	enforcement.state->started = moment_boottime();
	answer = pin_maps(object);
	if (answer == ANSWER_DONE)
		answer = attach_all(object);
	if (answer == ANSWER_DONE && interrupt_waits())
		answer = refuse(ANSWER_NO, "up: interrupted (labels on disk stay)");
	if (answer == ANSWER_DONE && rename(PIN_DIR_NEW, DOMICILE_PIN_DIR))
		answer = refuse(ANSWER_HOST, "up: cannot create " DOMICILE_PIN_DIR ": %s",
				strerror(errno));
	return answer;
}

enum answer enforce_start(const struct policy *policy)
{
	struct domicile_bpf *skeleton = NULL;
	bool was_loaded = module_loaded();
	enum answer answer;
	pid_t pid;

	answer = host_ready();
	if (answer == ANSWER_DONE)
		answer = policy_apply_check(policy);
	if (answer != ANSWER_DONE)
		return answer;
	/* What a start or stop that was killed has left. */
	pins_remove(PIN_DIR_NEW);
	daemon_stop(&pid);
	rundir_clear();
	answer = module_ready();
	if (answer != ANSWER_DONE)
		goto out_module;
	answer = object_load(&skeleton);
	if (answer != ANSWER_DONE)
		goto out_module;
	answer = start_object(skeleton->obj, policy);
	domicile_bpf__destroy(skeleton);
	if (answer == ANSWER_DONE)
		return answer;
	pins_remove(PIN_DIR_NEW);
	rundir_clear();
out_module:
	if (!was_loaded)
		module_unload();
	return answer;
}

/* --- stop ---------------------------------------------------------------- */

struct attached {
	__u32 links[PROGRAMS_MAX];
	__u32 programs[PROGRAMS_MAX];
	size_t count;
};

static void attached_add(struct attached *attached, const char *path)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	cleanup(close_fd) int fd = bpf_obj_get(path);

	if (fd < 0 || attached->count == PROGRAMS_MAX ||
	    bpf_link_get_info_by_fd(fd, &info, &size))
		return;
	attached->links[attached->count] = info.id;
	attached->programs[attached->count++] = info.prog_id;
	/* Only some kinds of link can; the others go with their last reference. */
	bpf_link_detach(fd);
}

static void attached_find(struct attached *attached, const char *directory)
{
	cleanup(close_directory) DIR *pins = opendir(directory);
	char path[PIN_PATH_MAX + 256];
	struct dirent *pin;

	while (pins && (pin = readdir(pins))) {
		if (pin->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, pin->d_name);
		attached_add(attached, path);
	}
}

static bool exists(int (*open_by_id)(__u32 id), __u32 id)
{
	cleanup(close_fd) int fd = open_by_id(id);

	return fd >= 0;
}

static size_t attached_left(const struct attached *attached)
{
	size_t left = 0;

	for (size_t i = 0; i < attached->count; i++)
		left += exists(bpf_link_get_fd_by_id, attached->links[i]) ||
			exists(bpf_prog_get_fd_by_id, attached->programs[i]);
	return left;
}

/*
 * The kernel frees them after the unlink returned, one after another; a busy
 * machine needs a while. Gives up when nothing changes any more.
 */
static size_t attached_wait(const struct attached *attached)
{
	const struct timespec pause = { .tv_nsec = GONE_PAUSE_NS };
	size_t left = attached_left(attached), before;

	for (int i = 0; left && i < GONE_TRIES; i++) {
		nanosleep(&pause, NULL);
		before = left;
		left = attached_left(attached);
		if (left < before)
			i = 0;
	}
	return left;
}

static enum answer module_stop(void)
{
	int err = module_unload();

	if (err == -ENOENT)
		return ANSWER_DONE;
	if (err)
		return refuse(ANSWER_HOST, "down: domicile.ko: %s (lsmod shows who uses it)",
			      strerror(-err));
	puts("removed the module");
	return ANSWER_DONE;
}

enum answer enforce_stop(bool keep_module)
{
	bool on = enforce_is_on() || !access(PIN_DIR_NEW, F_OK);
	bool module = module_loaded() && !keep_module;
	struct attached attached = { 0 };
	size_t left;
	pid_t pid;

	if (enforce_is_hidden())
		return refuse(ANSWER_HOST, "down: %s", enforce_reason(-ESTALE));
	if (!on && !module)
		return refuse(ANSWER_NO, "down: enforcement is not on");
	attached_find(&attached, DOMICILE_PIN_DIR "/links");
	attached_find(&attached, PIN_DIR_NEW "/links");
	pins_remove(DOMICILE_PIN_DIR);
	pins_remove(PIN_DIR_NEW);
	left = attached_wait(&attached);
	if (left)
		return refuse(ANSWER_HOST, "down: %zu of %zu programs do not go: another process "
			      "may hold them (try again; see bpftool link show)", left,
			      attached.count);
	if (on)
		printf("detached %zu programs\n", attached.count);
	if (!daemon_stop(&pid))
		printf("stopped the daemon (pid %d)\n", pid);
	rundir_clear();
	return module ? module_stop() : ANSWER_DONE;
}

/* --- labels of files ------------------------------------------------------ */

void enforce_forget(const struct enforcement *enforcement, int fd)
{
	const struct domicile_inode_label unknown = { 0 };

	bpf_map_update_elem(enforcement->inode_labels, &fd, &unknown, BPF_EXIST);
	__atomic_add_fetch(&enforcement->state->tree_generation, 1, __ATOMIC_RELAXED);
}

/* --- figures ------------------------------------------------------------- */

size_t enforce_programs(void)
{
	cleanup(close_directory) DIR *pins = opendir(DOMICILE_PIN_DIR "/links");
	struct dirent *pin;
	size_t count = 0;

	while (pins && (pin = readdir(pins)))
		count += pin->d_name[0] != '.';
	return count;
}

__u64 enforce_counter(const struct enforcement *enforcement, enum domicile_counter counter)
{
	int cpus = libbpf_num_possible_cpus();
	cleanup(free_memory) __u64 *values = cpus > 0 ? calloc(cpus, sizeof(*values)) : NULL;
	__u32 key = counter;
	__u64 sum = 0;

	if (!values || bpf_map_lookup_elem(enforcement->counters, &key, values))
		return 0;
	for (int i = 0; i < cpus; i++)
		sum += values[i];
	return sum;
}
