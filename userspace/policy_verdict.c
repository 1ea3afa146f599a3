// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "policy_verdict.h"

const char *policy_verdict_name(unsigned int verdict)
{
	static const char *const names[] = {
		[DOMICILE_VERDICT_DENY] = "deny",
		[DOMICILE_VERDICT_AUDIT] = "audit",
		[DOMICILE_VERDICT_ALLOW] = "allow",
	};

	return verdict < sizeof(names) / sizeof(*names) ? names[verdict] : NULL;
}

bool policy_verdict_is_stricter(enum domicile_verdict verdict, enum domicile_verdict than)
{
	return verdict != than &&
	       (verdict == DOMICILE_VERDICT_DENY || than == DOMICILE_VERDICT_ALLOW);
}

static bool resolver_is(const struct domicile_resolver *resolver, const struct endpoint *to)
{
	unsigned int size = to->address.ipv6 ? 16 : 4;
	unsigned __int128 address = 0;

	for (unsigned int i = 0; i < size; i++)
		address = address << 8 | resolver->address[i];
	return resolver->family == (to->address.ipv6 ? AF_INET6 : AF_INET) &&
	       ntohs(resolver->port) == to->port && address == to->address.first;
}

static const struct policy_resolver *resolver_find(const struct policy *policy,
						   const struct endpoint *to)
{
	for (size_t i = 0; i < policy->resolver_count; i++)
		if (resolver_is(&policy->resolvers[i].resolver, to))
			return &policy->resolvers[i];
	return NULL;
}

static __u32 first_label(const struct policy *policy, const struct domicile_label_set *set)
{
	__u32 label = 0;

	while (label + 1 < policy->label_count && !label_set_has(set, label))
		label++;
	return label;
}

/* The first network that both ascending lists have. */
static __u32 common_network(const __u32 *networks, size_t count, const struct policy_class *class)
{
	for (size_t i = 0, j = 0; i < count && j < class->network_count;) {
		if (networks[i] == class->networks[j])
			return networks[i];
		if (networks[i] < class->networks[j])
			i++;
		else
			j++;
	}
	return POLICY_ANYWHERE;
}

/* Would @rule alone give the verdict? Then @ret->network is the network. */
static bool rule_decides(const struct policy_rule *rule, const struct policy_class *class,
			 struct policy_ruling *ret)
{
	enum policy_mode mode = ret->verdict == DOMICILE_VERDICT_DENY ? POLICY_ENFORCE :
									 POLICY_AUDIT;

	if (ret->verdict == DOMICILE_VERDICT_ALLOW)
		ret->network = common_network(rule->networks, rule->network_count, class);
	else if (rule->mode == mode)
		ret->network = common_network(rule->denied, rule->denied_count, class);
	return ret->network != POLICY_ANYWHERE;
}

static bool is_stricter(const struct policy_rule *rule, const struct policy_rule *than)
{
	return rule->limits && (!than || (than->mode == POLICY_AUDIT &&
					  rule->mode == POLICY_ENFORCE));
}

/* The rule that decided about the label: that names a network, else the strictest. */
static void rule_find(const struct policy *policy, const struct policy_class *class,
		      struct policy_ruling *ret)
{
	const struct policy_rule *strictest = NULL;

	for (size_t i = 0; i <= policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (i == policy->rule_count)
			rule = strictest ? NULL : policy->defaults;
		else if (rule->label != ret->label)
			continue;
		if (!rule)
			break;
		ret->rule = rule;
		if (rule_decides(rule, class, ret)) {
			ret->denies = ret->verdict != DOMICILE_VERDICT_ALLOW;
			return;
		}
		if (is_stricter(rule, strictest))
			strictest = rule;
	}
	ret->rule = strictest;
	if (class->network_count)
		ret->network = class->networks[0];
}

static void judge_networks(const struct policy *policy, const struct domicile_label_set *labels,
			   struct policy_ruling *ret)
{
	const struct policy_class *class = &policy->classes[ret->span.class];
	struct domicile_label_set denied, audited;

	label_set_meet(&denied, labels, &class->sets.deny);
	label_set_meet(&audited, labels, &class->sets.audit);
	if (!label_set_empty(&denied))
		ret->verdict = DOMICILE_VERDICT_DENY;
	else
		ret->verdict = label_set_empty(&audited) ? DOMICILE_VERDICT_ALLOW :
							   DOMICILE_VERDICT_AUDIT;
	if (ret->verdict == DOMICILE_VERDICT_DENY)
		ret->label = first_label(policy, &denied);
	else if (ret->verdict == DOMICILE_VERDICT_AUDIT)
		ret->label = first_label(policy, &audited);
	rule_find(policy, class, ret);
}

void policy_judge(const struct policy *policy, const struct domicile_label_set *labels,
		  const struct endpoint *to, struct policy_ruling *ret)
{
	*ret = (struct policy_ruling){
		.label = first_label(policy, labels),
		.network = POLICY_ANYWHERE,
		.resolver = resolver_find(policy, to),
		.span = policy_span_of(policy, &to->address),
	};
	if (ret->resolver) {
		ret->verdict = to->protocol == IPPROTO_TCP ? DOMICILE_VERDICT_DENY :
							     DOMICILE_VERDICT_ALLOW;
		return;
	}
	judge_networks(policy, labels, ret);
	if (ret->verdict == DOMICILE_VERDICT_ALLOW || !endpoint_is_loopback(to))
		return;
	ret->verdict = DOMICILE_VERDICT_ALLOW;
	ret->local = true;
	ret->rule = NULL;
}

const char *policy_ruling_reason(const struct policy_ruling *ruling)
{
	if (ruling->resolver)
		return ruling->verdict == DOMICILE_VERDICT_ALLOW ?
			       "a declared resolver may be asked for names" :
			       "a declared resolver is asked by UDP alone";
	if (ruling->local)
		return "it stays on this host, and its label with it";
	if (ruling->verdict == DOMICILE_VERDICT_ALLOW)
		return "a rule lets it go there";
	if (ruling->denies)
		return "a rule denies it";
	return ruling->rule ? "no rule lets it go there" : "no rule speaks about it";
}
