// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include <linux/domicile.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "netlink.h"

int netlink_open(struct netlink *link)
{
	struct netlink opened = { .socket = nl_socket_alloc() };
	int err = -ENOMEM;

	if (!opened.socket)
		return -ENOMEM;
	if (genl_connect(opened.socket)) {
		err = -EPROTONOSUPPORT;
		goto out;
	}
	opened.family = genl_ctrl_resolve(opened.socket, DOMICILE_GENL_NAME);
	if (opened.family < 0) {
		err = -ENOENT;
		goto out;
	}
	*link = opened;
	return 0;
out:
	nl_socket_free(opened.socket);
	return err;
}

void netlink_close(struct netlink *link)
{
	if (link->socket)
		nl_socket_free(link->socket);
	link->socket = NULL;
}

/* libnl folds errnos into fewer codes of its own; keep the kernel's. */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *argument)
{
	*(int *)argument = error->error;
	return NL_STOP;
}

static int on_ack(struct nl_msg *message, void *argument)
{
	*(int *)argument = 0;
	return NL_STOP;
}

static struct nl_msg *request(struct netlink *link, int command)
{
	struct nl_msg *message = nlmsg_alloc_size(4096);

	if (message && !genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, link->family, 0,
				    NLM_F_ACK, command, DOMICILE_GENL_VERSION)) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

/* Sends @message, frees it, and waits for the acknowledgement. */
static int exchange(struct netlink *link, struct nl_msg *message, nl_recvmsg_msg_cb_t on_reply,
		    void *argument)
{
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	int answer = 1, err = -ENOMEM;

	if (!callbacks)
		goto out;
	nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, &answer);
	nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &answer);
	if (on_reply)
		nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_reply, argument);
	err = nl_send_auto(link->socket, message) < 0 ? -ECOMM : 0;
	while (!err && answer > 0)
		if (nl_recvmsgs(link->socket, callbacks) < 0 && answer > 0)
			err = -ECOMM;
	nl_cb_put(callbacks);
out:
	nlmsg_free(message);
	return err ? err : answer;
}

static int on_status(struct nl_msg *message, void *argument)
{
	struct module_status *status = argument;
	struct nlattr *attrs[DOMICILE_A_MAX + 1];

	if (genlmsg_parse(nlmsg_hdr(message), 0, attrs, DOMICILE_A_MAX, NULL))
		return NL_SKIP;
	if (attrs[DOMICILE_A_VERSION])
		nla_strlcpy(status->version, attrs[DOMICILE_A_VERSION], sizeof(status->version));
	if (attrs[DOMICILE_A_ABI])
		status->abi = nla_get_u32(attrs[DOMICILE_A_ABI]);
	if (attrs[DOMICILE_A_STORED])
		status->stored = nla_get_u64(attrs[DOMICILE_A_STORED]);
	if (attrs[DOMICILE_A_STORE_FAILED])
		status->store_failed = nla_get_u64(attrs[DOMICILE_A_STORE_FAILED]);
	return NL_OK;
}

int netlink_status(struct netlink *link, struct module_status *status)
{
	struct nl_msg *message = request(link, DOMICILE_CMD_STATUS);
	struct module_status answer = { 0 };
	int err;

	if (!message)
		return -ENOMEM;
	err = exchange(link, message, on_status, &answer);
	if (!err)
		*status = answer;
	return err;
}

static int label_command(struct netlink *link, int command, int fd, const __u32 *ids, size_t count)
{
	struct nl_msg *message = request(link, command);

	if (!message)
		return -ENOMEM;
	if (nla_put_s32(message, DOMICILE_A_FD, fd) ||
	    (count && nla_put(message, DOMICILE_A_LABELS, count * sizeof(*ids), ids))) {
		nlmsg_free(message);
		return -EMSGSIZE;
	}
	return exchange(link, message, NULL, NULL);
}

int netlink_label_set(struct netlink *link, int fd, const __u32 *ids, size_t count)
{
	return label_command(link, DOMICILE_CMD_LABEL_SET, fd, ids, count);
}

int netlink_label_clear(struct netlink *link, int fd, const __u32 *ids, size_t count)
{
	return label_command(link, DOMICILE_CMD_LABEL_CLEAR, fd, ids, count);
}
