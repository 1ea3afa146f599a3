// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command with the programs of a BPF object attached, on the root
 * cgroup where they belong to one. They go when the command ends.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

/* As Domicile does: some functions are there in some kernels only. */
static void choose_programs(struct bpf_object *object)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct bpf_program *program;

	if (!btf)
		err(1, "no BTF of the kernel");
	bpf_object__for_each_program(program, object) {
		const char *target = strchr(bpf_program__section_name(program), '/');

		if (!bpf_program__autoload(program) && target &&
		    btf__find_by_name_kind(btf, target + 1, BTF_KIND_FUNC) >= 0)
			bpf_program__set_autoload(program, true);
	}
	btf__free(btf);
}

static struct bpf_link *attach(struct bpf_program *program, int cgroup)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_CGROUP_SKB ?
		       bpf_program__attach_cgroup(program, cgroup) :
		       bpf_program__attach(program);
}

static struct bpf_object *attach_all(const char *path)
{
	int cgroup = open(CGROUP_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct bpf_object *object = bpf_object__open(path);
	struct bpf_program *program;

	if (cgroup < 0)
		err(1, CGROUP_ROOT);
	if (!object)
		err(1, "cannot open %s", path);
	choose_programs(object);
	if (bpf_object__load(object))
		err(1, "cannot load %s", path);
	bpf_object__for_each_program(program, object)
		if (bpf_program__autoload(program) && !attach(program, cgroup))
			err(1, "cannot attach %s", bpf_program__name(program));
	close(cgroup);
	return object;
}

static int run(char **command)
{
	pid_t child = fork();
	int status;

	if (!child) {
		execvp(*command, command);
		err(127, "%s", *command);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		err(1, "%s", *command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	int status;

	if (argc < 3) {
		fprintf(stderr, "Usage: empty OBJECT COMMAND [ARGUMENT]...\n");
		return 2;
	}
	object = attach_all(argv[1]);
	status = run(argv + 2);
	bpf_object__close(object);
	return status;
}
