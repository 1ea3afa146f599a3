// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <bpf/libbpf.h>

#include "cleanup.h"
#include "numbers.h"
#include "rundir.h"

int numbers_open(struct numbers *numbers)
{
	cleanup(close_fd) int fd = open(DOMICILE_SEQUENCE_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	size_t size;
	void *seen;

	numbers->cpus = libbpf_num_possible_cpus();
	if (fd < 0 || numbers->cpus < 0)
		return fd < 0 ? -errno : numbers->cpus;
	size = numbers->cpus * sizeof(*numbers->seen);
	if (ftruncate(fd, size))
		return -errno;
	seen = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (seen == MAP_FAILED)
		return -errno;
	numbers->seen = seen;
	numbers->counted = calloc(numbers->cpus, sizeof(*numbers->counted));
	return numbers->counted ? 0 : -ENOMEM;
}

void numbers_close(struct numbers *numbers)
{
	free(numbers->counted);
	if (numbers->seen)
		munmap(numbers->seen, numbers->cpus * sizeof(*numbers->seen));
	*numbers = (struct numbers){ 0 };
}
