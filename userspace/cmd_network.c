// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "command.h"
#include "country.h"
#include "number.h"
#include "options.h"
#include "policy_apply.h"
#include "policy_error.h"
#include "policy_span.h"
#include "policy_world.h"
#include "range.h"
#include "rundir.h"

static const struct option options[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

#define OPTIONS_HELP \
	"  -p, --policy FILE  a file of the policy, instead of " DOMICILE_POLICY_DIR "/*.yaml;\n" \
	"                     can be repeated\n" \
	"      --json         as one JSON object\n" \
	"  -h, --help         this text\n"

static enum answer read_arguments(const char *name, const char *help, int argc, char **argv,
				  struct option_list *files, bool *json)
{
	int option;

	while ((option = command_option(name, help, argc, argv, "p:h", options)) != -1) {
		if (option == 'j')
			*json = true;
		else if (option_list_add(files, optarg))
			return refuse(ANSWER_HOST, "network: no memory");
	}
	return ANSWER_DONE;
}

/* Where there is no policy, none is needed, and *@policy stays NULL. */
static enum answer read_policy(struct option_list *files, struct policy **policy)
{
	if (!files->count && option_list_add_policies(files))
		return refuse(ANSWER_HOST, "network: no memory");
	return files->count ? policy_read(files->values, files->count, policy) : ANSWER_DONE;
}

static enum answer read_world(const struct policy *policy, __u16 country, struct policy **world)
{
	struct policy_errors errors = { 0 };
	int err = policy_world(policy, country, world, &errors);

	for (size_t i = 0; i < errors.count; i++)
		if (errors.list[i].severity == POLICY_ERROR)
			complain("network: %s", errors.list[i].text);
	return !err ? ANSWER_DONE : err == -EINVAL ? ANSWER_NO : ANSWER_HOST;
}

static bool class_has(const struct policy *policy, __u32 class, __u32 network)
{
	const struct policy_class *members = &policy->classes[class];

	for (size_t i = 0; i < members->network_count; i++)
		if (members->networks[i] == network)
			return true;
	return false;
}

/* network show */

static const char show_help[] =
	"Usage: domicile network show [-p FILE]... [--json] NETWORK|COUNTRY\n"
	"\n"
	"Shows the prefixes of a network of the policy, or of a country by its two letters,\n"
	"the fewest that hold the same addresses. The output is a file of prefixes, as\n"
	"'file' in a policy and nft understand it.\n"
	"\n"
	OPTIONS_HELP
	"\n"
	"Exit status: 0 shown; 1 there is no such network or country.\n"
	"\n"
	"Examples:\n"
	"  domicile network show CN\n"
	"  domicile network show -p policy.yaml cn-facilities\n";

/* Calls @each for the prefixes of a network, IPv4 first. Returns 0 or -ENOMEM. */
static int each_prefix(const struct policy *policy, __u32 network,
		       int (*each)(const char *text, void *into), void *into)
{
	char text[PREFIX_TEXT_MAX];
	struct prefix prefix;
	int err = 0;

	for (int ipv6 = 0; ipv6 < 2 && !err; ipv6++) {
		struct ranges ranges = { 0 };

		for (size_t i = 0; i < policy_span_count(policy, ipv6) && !err; i++) {
			struct policy_span span = policy_span_at(policy, ipv6, i);

			if (class_has(policy, span.class, network))
				err = ranges_add(&ranges, (struct range){ span.first, span.last });
		}
		for (size_t i = 0; i < ranges.count && !err; i++) {
			bool more = true;

			while (more && !err) {
				more = range_take_prefix(&ranges.list[i], ipv6, &prefix);
				prefix_text(&prefix, text);
				err = each(text, into);
			}
		}
		ranges_free(&ranges);
	}
	return err;
}

static int prefix_print(const char *text, void *into)
{
	(void)into;
	puts(text);
	return 0;
}

static int prefix_append(const char *text, void *into)
{
	return json_array_append_new(into, json_string(text)) ? -ENOMEM : 0;
}

static int print_network(const struct policy *policy, __u32 index, const char *name)
{
	const struct policy_network *network = &policy->networks[index];
	char prefixes4[NUMBER_TEXT_MAX], prefixes6[NUMBER_TEXT_MAX], addresses[NUMBER_TEXT_MAX];

	printf("# %s: %s IPv4 prefixes of %s addresses, %s IPv6 prefixes\n", name,
	       number_text(prefixes4, network->prefixes4),
	       number_text(addresses, network->addresses4),
	       number_text(prefixes6, network->prefixes6));
	return each_prefix(policy, index, prefix_print, NULL);
}

static void print_json(json_t *object)
{
	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
}

static int print_network_json(const struct policy *policy, __u32 index, const char *name)
{
	const struct policy_network *network = &policy->networks[index];
	json_t *prefixes = json_array();
	int err = each_prefix(policy, index, prefix_append, prefixes);
	cleanup(free_json) json_t *object =
		json_pack("{s:s, s:I, s:I, s:I, s:o, s:o}", "name", name, "prefixes4",
			  (json_int_t)network->prefixes4, "prefixes6",
			  (json_int_t)network->prefixes6, "addresses4",
			  (json_int_t)network->addresses4, "prefixes", prefixes, "data",
			  policy_data_json(policy));

	if (!err)
		print_json(object);
	return err;
}

static enum answer show(const struct policy *policy, __u32 network, const char *name, bool json)
{
	int err = json ? print_network_json(policy, network, name) :
			 print_network(policy, network, name);

	return err ? refuse(ANSWER_HOST, "network: %s", strerror(-err)) : ANSWER_DONE;
}

static enum answer show_country(const struct policy *policy, __u16 country, bool json)
{
	cleanup(policy_freep) struct policy *world = NULL;
	char code[COUNTRY_TEXT_SIZE];
	enum answer answer = read_world(policy, country, &world);

	return answer ? answer : show(world, 0, country_text(country, code), json);
}

static enum answer unknown(const struct policy *policy, const char *name)
{
	const char *nearest = policy ? policy_network_nearest(policy, name) : NULL;
	char quoted[POLICY_QUOTE_MAX];

	policy_quote(name, quoted);
	if (nearest)
		return refuse(ANSWER_NO, "network: '%s' is no network of the policy and no country "
			      "(did you mean '%s'?)", quoted, nearest);
	return refuse(ANSWER_NO, "network: '%s' is no network of the policy and no country (see "
		      "domicile network stats)", quoted);
}

static int network_show(int argc, char **argv)
{
	cleanup(option_list_free) struct option_list files = { 0 };
	cleanup(policy_freep) struct policy *policy = NULL;
	bool json = false;
	enum answer answer = read_arguments("network show", show_help, argc, argv, &files, &json);
	int network;
	__u16 country;

	if (answer)
		return answer;
	if (optind + 1 != argc)
		return command_usage("network show", "one network or country is needed");
	answer = read_policy(&files, &policy);
	if (answer)
		return answer;
	network = policy ? policy_network_index(policy, argv[optind]) : -ENOENT;
	if (network >= 0)
		return show(policy, network, argv[optind], json);
	country = country_meant(argv[optind]);
	if (country != COUNTRY_NONE)
		return show_country(policy, country, json);
	return unknown(policy, argv[optind]);
}

/* network lookup */

static const char lookup_help[] =
	"Usage: domicile network lookup [-p FILE]... [--json] ADDRESS\n"
	"\n"
	"Says which networks of the policy and which country an address is in, with the\n"
	"largest prefix around it of which the same is true.\n"
	"\n"
	OPTIONS_HELP
	"\n"
	"Exit status: 0 it is in a network or a country; 1 in none.\n"
	"\n"
	"Examples:\n"
	"  domicile network lookup 198.51.100.7\n"
	"  domicile network lookup -p policy.yaml --json 2001:db8:20::1\n";

/* The largest prefix around @address that is in the network as a whole. */
static const char *prefix_around(const struct policy *policy, __u32 network,
				 const struct prefix *address, char text[PREFIX_TEXT_MAX])
{
	struct policy_span around = policy_span_of(policy, address);
	size_t count = policy_span_count(policy, address->ipv6), first = 0, last;
	struct prefix prefix;

	while (policy_span_at(policy, address->ipv6, first).first != around.first)
		first++;
	for (last = first; last + 1 < count; last++)
		if (!class_has(policy, policy_span_at(policy, address->ipv6, last + 1).class,
			       network))
			break;
	while (first && class_has(policy, policy_span_at(policy, address->ipv6, first - 1).class,
				  network))
		first--;
	around.first = policy_span_at(policy, address->ipv6, first).first;
	around.last = policy_span_at(policy, address->ipv6, last).last;
	prefix = policy_span_prefix(&around, address);
	prefix_text(&prefix, text);
	return text;
}

/* {name, prefix} of each network that holds the address. */
static json_t *networks_at(const struct policy *policy, const struct prefix *address, bool capital)
{
	const struct policy_class *class;
	json_t *array = json_array();
	char text[PREFIX_TEXT_MAX];

	if (!policy)
		return array;
	class = &policy->classes[policy_span_of(policy, address).class];
	for (size_t i = 0; i < class->network_count; i++) {
		char name[DOMICILE_LABEL_NAME_MAX];

		snprintf(name, sizeof(name), "%s", policy->networks[class->networks[i]].name);
		if (capital)
			country_text(country_meant(name), name);
		prefix_around(policy, class->networks[i], address, text);
		json_array_append_new(array, json_pack("{s:s, s:s}", "name", name, "prefix", text));
	}
	return array;
}

static void print_at(const char *heading, const json_t *array)
{
	json_t *item;
	size_t i;

	if (!json_array_size(array))
		printf("%-9s-\n", heading);
	json_array_foreach(array, i, item)
		printf("%-9s%-20s %s\n", heading, json_string_value(json_object_get(item, "name")),
		       json_string_value(json_object_get(item, "prefix")));
}

/* An IPv4 address within IPv6 is one. */
static bool read_address(const char *text, struct prefix *address)
{
	if (!prefix_parse_address(text, address))
		return false;
	if (address->ipv6 && address->first >> 32 == 0xffff) {
		address->ipv6 = false;
		address->first &= 0xffffffff;
		address->length = 32;
	}
	return true;
}

static enum answer lookup(const struct policy *policy, const struct policy *world,
			  const struct prefix *address, const char *text, bool json)
{
	json_t *networks = networks_at(policy, address, false);
	json_t *countries = networks_at(world, address, true);
	bool found = json_array_size(networks) || json_array_size(countries);
	cleanup(free_json) json_t *object = json_pack("{s:s, s:O, s:O}", "address", text, "country",
						      json_array_size(countries) ?
						      json_array_get(countries, 0) : json_null(),
						      "networks", networks);

	if (json) {
		print_json(object);
	} else {
		print_at("country", countries);
		print_at("network", networks);
	}
	json_decref(networks);
	json_decref(countries);
	return found ? ANSWER_DONE : ANSWER_NO;
}

static int network_lookup(int argc, char **argv)
{
	cleanup(option_list_free) struct option_list files = { 0 };
	cleanup(policy_freep) struct policy *policy = NULL, *world = NULL;
	bool json = false;
	enum answer answer = read_arguments("network lookup", lookup_help, argc, argv, &files,
					    &json);
	struct prefix address;

	if (answer)
		return answer;
	if (optind + 1 != argc)
		return command_usage("network lookup", "one address is needed");
	if (!read_address(argv[optind], &address))
		return command_usage("network lookup", "this is no IPv4 or IPv6 address");
	answer = read_policy(&files, &policy);
	if (answer)
		return answer;
	answer = read_world(policy, COUNTRY_NONE, &world);
	if (answer && !policy)
		return answer;
	return lookup(policy, world, &address, argv[optind], json);
}

/* network stats */

static const char stats_help[] =
	"Usage: domicile network stats [-p FILE]... [--json]\n"
	"\n"
	"Shows the files of addresses that the policy is made with, their dates and sizes,\n"
	"and the networks. Where there is no policy, the country data that is there by\n"
	"default, and the countries.\n"
	"\n"
	OPTIONS_HELP
	"\n"
	"Examples:\n"
	"  domicile network stats\n"
	"  domicile network stats -p policy.yaml --json\n";

static void print_stats(const struct policy *policy)
{
	if (policy->data_count) {
		policy_show_data(policy, stdout);
		putchar('\n');
	}
	policy_show_networks(policy, stdout);
}

static int network_stats(int argc, char **argv)
{
	cleanup(option_list_free) struct option_list files = { 0 };
	cleanup(policy_freep) struct policy *policy = NULL;
	cleanup(free_json) json_t *object = NULL;
	bool json = false;
	enum answer answer = read_arguments("network stats", stats_help, argc, argv, &files, &json);

	if (answer)
		return answer;
	if (optind != argc)
		return command_usage("network stats", "there are too many arguments");
	answer = read_policy(&files, &policy);
	if (!answer && !policy)
		answer = read_world(NULL, COUNTRY_NONE, &policy);
	if (answer)
		return answer;
	if (!json) {
		print_stats(policy);
		return ANSWER_DONE;
	}
	object = json_pack("{s:o, s:o}", "data", policy_data_json(policy), "networks",
			   policy_networks_json(policy));
	print_json(object);
	return ANSWER_DONE;
}

static const struct command commands[] = {
	{ "show", network_show, "the prefixes of a network or country" },
	{ "lookup", network_lookup, "the networks and the country of an address" },
	{ "stats", network_stats, "sizes, dates and counts of networks and country data" },
};

static const char help[] =
	"Usage: domicile network COMMAND [ARGUMENT]...\n"
	"\n"
	"Examples:\n"
	"  domicile network show CN\n"
	"  domicile network lookup 198.51.100.7\n"
	"  domicile network stats\n";

int cmd_network(int argc, char **argv)
{
	return command_run(commands, sizeof(commands) / sizeof(*commands), "network", help, argc,
			   argv);
}
