/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Terminals. What is written to one side of a pty is read on the other, and
 * takes its label there. A login from afar would lose its connection when it
 * showed labelled data, for its sshd would be labelled: so who writes to a pty is
 * refused if the process behind it has a connection to where the label may not
 * go. That is a kindness to the session; what keeps the data here is the label.
 */
#ifndef DOMICILE_TERMINAL_BPF_H
#define DOMICILE_TERMINAL_BPF_H

#include "network.bpf.h"
#include "object.bpf.h"

#define TTY_DRIVER_TYPE_CONSOLE 2
#define TTY_DRIVER_TYPE_PTY 4
#define PTY_TYPE_MASTER 1
#define PTY_TYPE_SLAVE 2
#define TTY_MAJORS(major)                                                            \
	((major) == 4 || (major) == 5 || ((major) >= 136 && (major) <= 143) ||        \
	 (major) == 2 || (major) == 3)
#define TERMINAL_FILES 256 /* of the reader's descriptors that are looked at */

struct terminal {
	struct object_label label; /* of what waits to be read on this side */
	__u32 reader; /* the process that has this side, a master: tgid */
	__u32 reserved;
};

/* Programs: by address of the tty_struct. Deleted before that is freed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct terminal);
} terminals SEC(".maps");

static __always_inline bool is_terminal(struct inode *inode)
{
	__u32 major = inode->i_rdev >> 20;

	return (inode->i_mode & S_IFMT) == S_IFCHR && TTY_MAJORS(major);
}

static __always_inline struct tty_struct *file_tty(struct file *file)
{
	struct tty_file_private *private = file->private_data;

	return BPF_CORE_READ(private, tty);
}

static __always_inline struct terminal *terminal_get(__u64 tty)
{
	struct terminal *terminal = bpf_map_lookup_elem(&terminals, &tty);
	struct terminal new = {};

	if (terminal)
		return terminal;
	bpf_map_update_elem(&terminals, &tty, &new, BPF_NOEXIST);
	return bpf_map_lookup_elem(&terminals, &tty);
}

/* What the current process writes will be read on @tty. Return: 0, or -ENOMEM. */
static __always_inline int terminal_join(__u64 tty, const struct domicile_taint *taint)
{
	struct terminal *terminal;

	if (taint->carrier)
		return 0;
	terminal = terminal_get(tty);
	if (!terminal) {
		count(DOMICILE_COUNT_NO_MEMORY);
		return -ENOMEM;
	}
	label_set_join_shared(&terminal->label.set, &taint->set);
	terminal->label.origin = taint->origin;
	return 0;
}

/* --- who is behind it ------------------------------------------------------ */

static __always_inline bool is_connected(struct destination *to, struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	if (family != AF_INET && family != AF_INET6)
		return false;
	to->port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	to->type = BPF_CORE_READ(sk, sk_type);
	to->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (family == AF_INET) {
		destination_v4(to, BPF_CORE_READ(sk, __sk_common.skc_daddr));
		return to->port;
	}
	BPF_CORE_READ_INTO(&to->address, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	destination_v6(to);
	return to->port;
}

static __always_inline bool is_here(const struct destination *to)
{
	const __u64 *half = (const __u64 *)to->address;

	return to->family == AF_INET ? to->address[0] == 127 :
				       !half[0] && half[1] == bpf_cpu_to_be64(1);
}

/*
 * Does the descriptor lead to where @set may not go? Fills @event. Global, as is
 * the next: the verifier looks at such functions once, and not in each turn of a
 * loop.
 */
__noinline int leads_out(__u64 descriptor, const struct domicile_label_set *set,
			 struct audit_event *event)
{
	struct file *file = (struct file *)descriptor;
	struct destination to = {};
	struct socket *sock;

	if (!set || !event)
		return 0;
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	sock = BPF_CORE_READ(file, private_data);
	if (!is_connected(&to, BPF_CORE_READ(sock, sk)) || is_here(&to))
		return 0;
	return network_judge(&to, set, event) == DOMICILE_VERDICT_DENY;
}

/* Has the reader of the master @tty a connection to where @set may not go? */
__noinline int reader_leads_out(__u64 tty, const struct domicile_label_set *set,
				struct audit_event *event)
{
	struct terminal *terminal = bpf_map_lookup_elem(&terminals, &tty);
	struct task_struct *reader;
	struct file **files;
	__u64 file;
	__u32 size;
	int out = 0;
	int i;

	if (!set || !event)
		return 0;
	reader = terminal ? bpf_task_from_pid(terminal->reader) : NULL;
	if (!reader)
		return 0;
	files = BPF_CORE_READ(reader, files, fdt, fd);
	size = BPF_CORE_READ(reader, files, fdt, max_fds);
	bpf_for(i, 0, TERMINAL_FILES) {
		file = 0;
		if ((__u32)i >= size)
			break;
		bpf_probe_read_kernel(&file, sizeof(file), files + i);
		if (file && leads_out(file, set, event)) {
			out = 1;
			break;
		}
	}
	bpf_task_release(reader);
	return out;
}

/* --- reading and writing --------------------------------------------------- */

static __noinline int terminal_refuse(struct file *file, struct audit_event *event,
				      const struct domicile_taint *taint)
{
	if (!event || !taint)
		return -EPERM;
	event->hook = DOMICILE_HOOK_TTY;
	event->verdict = DOMICILE_VERDICT_DENY;
	event->reason = DOMICILE_REASON_TERMINAL;
	event->origin = taint->origin;
	if (label_set_empty(&event->denied))
		event->denied = taint->set;
	if (!event->object)
		event->object = DOMICILE_OBJECT_INODE;
	audit_emit_file(event, &taint->set, file);
	return -EPERM;
}

/* The program's own words are refused like its data. Once a second says enough. */
static __always_inline void terminal_notice(struct file *file, struct domicile_taint *taint)
{
	__u32 now = bpf_ktime_get_boot_ns() / 1000000000;

	if (taint->noticed == now)
		return;
	taint->noticed = now;
	domicile_terminal_notice(file);
}

/*
 * Virtual consoles show what they get to who sits there; serial lines and
 * /dev/console lead anywhere.
 */
static __noinline int terminal_write(struct file *file)
{
	struct domicile_taint *taint = taint_own();
	struct tty_struct *tty = file_tty(file);
	struct audit_event event = {};
	__u64 other;

	if (!taint || domicile_errand() == DOMICILE_ERRAND_NOTICE)
		return 0;
	if (BPF_CORE_READ(tty, driver, type) == TTY_DRIVER_TYPE_CONSOLE)
		return 0;
	if (BPF_CORE_READ(tty, driver, type) != TTY_DRIVER_TYPE_PTY)
		return terminal_refuse(file, &event, taint);
	other = (__u64)BPF_CORE_READ(tty, link);
	carrier_refresh(taint);
	if (BPF_CORE_READ(tty, driver, subtype) == PTY_TYPE_MASTER)
		/* What is typed is read there, and echoed here. */
		return terminal_join(other, taint) ?: terminal_join((__u64)tty, taint);
	if (reader_leads_out(other, &taint->set, &event)) {
		terminal_notice(file, taint);
		return terminal_refuse(file, &event, taint);
	}
	return terminal_join(other, taint);
}

static __noinline int terminal_read(struct file *file)
{
	struct tty_struct *tty = file_tty(file);
	__u64 key = (__u64)tty;
	struct terminal *terminal = bpf_map_lookup_elem(&terminals, &key);

	if (!terminal)
		return 0;
	if (BPF_CORE_READ(tty, driver, subtype) == PTY_TYPE_MASTER)
		terminal->reader = bpf_get_current_pid_tgid() >> 32;
	return taint_join(bpf_get_current_task_btf(), &terminal->label.set,
			  terminal->label.origin);
}

#endif /* DOMICILE_TERMINAL_BPF_H */
