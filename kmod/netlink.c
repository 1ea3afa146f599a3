// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family; the protocol is in the uapi header. */

#include <linux/domicile.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "netlink.h"
#include "store.h"
#include "xattr.h"

static struct genl_family family;

static const struct nla_policy label_policy[DOMICILE_A_MAX + 1] = {
	[DOMICILE_A_FD] = { .type = NLA_S32 },
	[DOMICILE_A_LABELS] = { .type = NLA_BINARY,
				.len = DOMICILE_LABELS_MAX * sizeof(u32) },
};

struct label_request {
	struct path path; /* holds a reference */
	const u32 *ids;
	u16 count;
};

static int request_ids(struct genl_info *info, struct label_request *request)
{
	struct nlattr *attr = info->attrs[DOMICILE_A_LABELS];

	request->ids = NULL;
	request->count = 0;
	if (!attr)
		return 0;
	if (!nla_len(attr) || nla_len(attr) % sizeof(u32)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "not an array of u32");
		return -EINVAL;
	}
	request->ids = nla_data(attr);
	request->count = nla_len(attr) / sizeof(u32);
	for (u16 i = 0; i < request->count; i++) {
		if (!request->ids[i]) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr, "0 is no label id");
			return -EINVAL;
		}
	}
	return 0;
}

static int request_path(struct genl_info *info, struct label_request *request)
{
	struct file *file;
	umode_t mode;

	if (GENL_REQ_ATTR_CHECK(info, DOMICILE_A_FD))
		return -EINVAL;
	file = fget_raw(nla_get_s32(info->attrs[DOMICILE_A_FD]));
	if (!file) {
		NL_SET_ERR_MSG(info->extack, "no such file descriptor");
		return -EBADF;
	}
	mode = file_inode(file)->i_mode;
	request->path = file->f_path;
	path_get(&request->path);
	fput(file);
	if (S_ISREG(mode) || S_ISDIR(mode))
		return 0;
	path_put(&request->path);
	NL_SET_ERR_MSG(info->extack, "neither a regular file nor a directory");
	return -EINVAL;
}

/* On success the caller puts request->path. */
static int request_parse(struct sk_buff *skb, struct genl_info *info,
			 struct label_request *request)
{
	int err;

	if (!netlink_capable(skb, CAP_MAC_ADMIN)) {
		NL_SET_ERR_MSG(info->extack, "needs CAP_MAC_ADMIN");
		return -EPERM;
	}
	err = request_ids(info, request);
	return err ?: request_path(info, request);
}

static int label_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct label_request request;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DOMICILE_A_LABELS))
		return -EINVAL;
	err = request_parse(skb, info, &request);
	if (err)
		return err;
	err = store_join(&request.path, request.ids, request.count,
			 d_is_dir(request.path.dentry) ? DOMICILE_XATTR_TREE : 0);
	path_put(&request.path);
	return err;
}

static int label_clear_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct label_request request;
	int err = request_parse(skb, info, &request);

	if (err)
		return err;
	err = store_remove(&request.path, request.ids, request.count);
	path_put(&request.path);
	return err;
}

static int put_value(struct sk_buff *reply, const struct label_value *value)
{
	if (value->count && nla_put(reply, DOMICILE_A_LABELS,
				    value->count * sizeof(u32), value->id))
		return -EMSGSIZE;
	if (value->subject && nla_put_u64_64bit(reply, DOMICILE_A_SUBJECT,
						value->subject, DOMICILE_A_PAD))
		return -EMSGSIZE;
	return nla_put_u32(reply, DOMICILE_A_FLAGS, value->flags);
}

static int reply_value(struct genl_info *info, const struct label_value *value)
{
	struct sk_buff *reply = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *header;

	if (!reply)
		return -ENOMEM;
	header = genlmsg_put_reply(reply, info, &family, 0, DOMICILE_CMD_LABEL_GET);
	if (!header || put_value(reply, value)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static int label_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct label_value *value = kzalloc(sizeof(*value), GFP_KERNEL);
	struct label_request request;
	int err;

	if (!value)
		return -ENOMEM;
	err = request_parse(skb, info, &request);
	if (err)
		goto out_free;
	err = xattr_read(request.path.dentry, value);
	path_put(&request.path);
	if (!err || err == -ENODATA)
		err = reply_value(info, value);
out_free:
	kfree(value);
	return err;
}

static int status_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	struct store_statistics statistics;
	void *header;

	if (!reply)
		return -ENOMEM;
	store_statistics(&statistics);
	header = genlmsg_put_reply(reply, info, &family, 0, DOMICILE_CMD_STATUS);
	if (!header || nla_put_string(reply, DOMICILE_A_VERSION, DOMICILE_VERSION) ||
	    nla_put_u32(reply, DOMICILE_A_ABI, DOMICILE_ABI) ||
	    nla_put_u64_64bit(reply, DOMICILE_A_STORED, statistics.stored,
			      DOMICILE_A_PAD) ||
	    nla_put_u64_64bit(reply, DOMICILE_A_STORE_FAILED, statistics.failed,
			      DOMICILE_A_PAD)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static const struct genl_ops operations[] = {
	{ .cmd = DOMICILE_CMD_STATUS, .doit = status_doit },
	{ .cmd = DOMICILE_CMD_LABEL_SET, .doit = label_set_doit },
	{ .cmd = DOMICILE_CMD_LABEL_CLEAR, .doit = label_clear_doit },
	{ .cmd = DOMICILE_CMD_LABEL_GET, .doit = label_get_doit },
};

static struct genl_family family __ro_after_init = {
	.name = DOMICILE_GENL_NAME,
	.version = DOMICILE_GENL_VERSION,
	.maxattr = DOMICILE_A_MAX,
	.policy = label_policy,
	.module = THIS_MODULE,
	.ops = operations,
	.n_ops = ARRAY_SIZE(operations),
	.resv_start_op = DOMICILE_CMD_MAX + 1,
	.parallel_ops = true,
};

int netlink_init(void)
{
	return genl_register_family(&family);
}

void netlink_exit(void)
{
	genl_unregister_family(&family);
}
