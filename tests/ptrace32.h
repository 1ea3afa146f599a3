/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_TESTS_PTRACE32_H
#define DOMICILE_TESTS_PTRACE32_H

#include <sys/types.h>

#define NR32_PTRACE 26

/*
 * The 32-bit call, which has a way of its own in the kernel (compat_arch_ptrace()). Addresses,
 * that of a word which it reads included, are below 4 GiB.
 *
 * Return: 0 or a negative errno.
 */
static inline long ptrace32(long request, pid_t pid, long address, long data)
{
	long result;

	asm volatile("int $0x80" : "=a"(result)
		     : "a"(NR32_PTRACE), "b"(request), "c"((long)pid), "d"(address), "S"(data)
		     : "memory", "r8", "r9", "r10", "r11");
	return result;
}

#endif /* DOMICILE_TESTS_PTRACE32_H */
