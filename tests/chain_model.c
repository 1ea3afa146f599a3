// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who holds which labels at the end of a chain: the label algebra over a graph
 * of processes and objects. Computed from the chain's description alone.
 */
#include "chain.h"

/* Whether a process maps the object of a hop. */
struct model {
	struct domicile_label_set process[CHAIN_PROCESSES];
	struct domicile_label_set object[CHAIN_HOPS];
	bool maps[CHAIN_PROCESSES][CHAIN_HOPS];
};

/* What may not go there. cn.pii may go to "in" alone, eu.health to "out", us.tax nowhere. */
static const bool denied[NETWORKS][LABELS] = {
	[NETWORK_IN] = { [LABEL_EU] = true, [LABEL_US] = true },
	[NETWORK_OUT] = { [LABEL_CN] = true, [LABEL_US] = true },
};

bool label_denied(enum chain_label label, enum chain_network network)
{
	return label < LABELS && denied[network][label];
}

bool model_denies(const struct domicile_label_set *held, enum chain_network network)
{
	for (int label = 0; label < LABELS; label++)
		if (label_set_has(held, label) && label_denied(label, network))
			return true;
	return false;
}

/* Return: true if @to grew. */
static bool join(struct domicile_label_set *to, const struct domicile_label_set *from)
{
	bool grows = !label_set_covers(to, from);

	label_set_join(to, from);
	return grows;
}

/* What is mapped is one with who maps it, and so on from process to process. */
static void settle(struct model *model)
{
	bool grew;

	do {
		grew = false;
		for (int process = 0; process < CHAIN_PROCESSES; process++)
			for (int hop = 0; hop < CHAIN_HOPS; hop++)
				if (model->maps[process][hop]) {
					grew |= join(&model->object[hop], &model->process[process]);
					grew |= join(&model->process[process], &model->object[hop]);
				}
	} while (grew);
}

static void map(struct model *model, int process, int hop)
{
	model->maps[process][hop] = true;
	settle(model);
}

static void unmap(struct model *model, int process, int hop)
{
	model->maps[process][hop] = false;
}

/* The sender unmaps when it has written, the receiver when it has read. */
static void flow_mapping(struct model *model, const struct chain_hop *hop, int index)
{
	if (hop->early)
		map(model, hop->to, index);
	map(model, hop->from, index);
	if (!hop->kept)
		unmap(model, hop->from, index);
	map(model, hop->to, index);
	if (!hop->kept)
		unmap(model, hop->to, index);
}

static void flow_fork(struct model *model, const struct chain_hop *hop)
{
	model->process[hop->to] = model->process[hop->from];
	for (int other = 0; other < CHAIN_HOPS; other++)
		model->maps[hop->to][other] = model->maps[hop->from][other];
}

static void flow_fork_mapping(struct model *model, const struct chain_hop *hop, int index)
{
	map(model, hop->from, index);
	flow_fork(model, hop);
	settle(model);
	if (hop->kept)
		return;
	unmap(model, hop->from, index);
	unmap(model, hop->to, index);
}

static void flow(struct model *model, const struct chain_hop *hop, int index)
{
	struct domicile_label_set *from = &model->process[hop->from];
	struct domicile_label_set *to = &model->process[hop->to];

	switch (hop_kind(hop->kind)->flow) {
	case FLOW_OBJECT:
		join(&model->object[index], from);
		join(to, &model->object[index]);
		break;
	case FLOW_ATTACH:
		join(to, from);
		join(from, to);
		break;
	case FLOW_MAPPING:
		flow_mapping(model, hop, index);
		break;
	case FLOW_FORK:
		flow_fork(model, hop);
		break;
	case FLOW_FORK_MAPPING:
		flow_fork_mapping(model, hop, index);
		break;
	case FLOW_EXEC:
		*to = *from;
		break;
	}
	settle(model);
}

void chain_model(const struct chain *chain, struct domicile_label_set held[CHAIN_PROCESSES])
{
	struct model model = {};

	for (int i = 0; i < chain->sources; i++)
		if (chain->source[i].label != LABEL_NONE)
			label_set_add(&model.process[chain->source[i].process],
				      chain->source[i].label);
	for (int i = 0; i < chain->hops; i++)
		flow(&model, &chain->hop[i], i);
	for (int i = 0; i < CHAIN_PROCESSES; i++)
		held[i] = model.process[i];
}
