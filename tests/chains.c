// SPDX-License-Identifier: GPL-2.0-only
/*
 * Long chains of the ledger's channels, made at random, each from a seed of its
 * own: at its end exactly those processes are labelled that the model says, and
 * nothing that may not leave the host was on the wire.
 *
 *	chains [--seed S] [--count N] [--plain | --enforced] [--show]
 *
 * Seeds S to S + N - 1. Without Domicile (--plain), under it (--enforced), or
 * both, one after the other: then without it only the first fifth, which is
 * enough to show that the test can fail. --show tells the chains and does not
 * run them.
 */
#define DOMICILE_TEST_NO_HARNESS
#include "domicile_test.h"

#include <getopt.h>
#include <inttypes.h>

#include "chain_process.h"
#include "chain_run.h"
#include "chain_wire.h"

struct plan {
	uint64_t seed;
	uint64_t count;
	bool plain;
	bool enforced;
	bool show;
};

static int results; /* TAP */
static bool failed;

/* --- a group of chains --------------------------------------------------------------- */

static void group_run(uint64_t seed, int count, bool enforced)
{
	struct chain chains[CHAIN_GROUP];
	bool differs[CHAIN_GROUP];
	int good = 0;

	for (int i = 0; i < count; i++) {
		chain_make(&chains[i], seed + i);
		differs[i] = !chain_run(&chains[i], enforced);
	}
	wire_check(chains, count, enforced, differs);
	for (int i = 0; i < count; i++)
		good += !differs[i];
	if (enforced)
		printf("# row P18 tracked all\n");
	if (good < count)
		printf("# %d of %d chains as the model says\n", good, count);
	printf("%sok %d chains.%" PRIu64 "_to_%" PRIu64 "\n", good < count ? "not " : "",
	       ++results, seed, seed + count - 1);
	fflush(stdout);
	failed |= good < count;
}

static uint64_t phase_count(const struct plan *plan, bool enforced)
{
	if (enforced || !plan->enforced)
		return plan->count;
	return (plan->count + 4) / 5;
}

static void phase_run(const struct plan *plan, bool enforced)
{
	uint64_t count = phase_count(plan, enforced);

	printf("# %s Domicile\n", enforced ? "under" : "without");
	for (uint64_t done = 0; done < count; done += CHAIN_GROUP)
		group_run(plan->seed + done,
			  count - done < CHAIN_GROUP ? count - done : CHAIN_GROUP, enforced);
}

/* How many results there will be. */
static uint64_t groups(const struct plan *plan)
{
	uint64_t count = 0;

	if (plan->plain)
		count += (phase_count(plan, false) + CHAIN_GROUP - 1) / CHAIN_GROUP;
	if (plan->enforced)
		count += (phase_count(plan, true) + CHAIN_GROUP - 1) / CHAIN_GROUP;
	return count;
}

/* --- what the chains need -------------------------------------------------------------- */

static const char policy[] =
	"version: 1\n"
	"labels:\n"
	"  cn.pii: {title: Personal information, jurisdiction: CN}\n"
	"  eu.health: {title: Health data, jurisdiction: FR}\n"
	"  us.tax: {title: Tax data, jurisdiction: US}\n"
	"networks:\n"
	"  in: {cidr: [198.51.100.0/24, \"2001:db8:20::/48\"]}\n"
	"  out: {cidr: [203.0.113.0/24, \"2001:db8:bad::/48\"]}\n"
	"rules:\n"
	"  - label: cn.pii\n"
	"    egress: {allow: [in], mode: enforce}\n"
	"  - label: eu.health\n"
	"    egress: {allow: [out], mode: enforce}\n"
	"  - label: us.tax\n"
	"    egress: {allow: [], mode: enforce}\n";

static void sources_make(void)
{
	char path[SOURCE_PATH];

	for (int source = 0; source < CHAIN_SOURCES; source++)
		for (enum chain_label label = 0; label <= LABEL_NONE; label++) {
			source_path(path, source, label);
			file_write(path, "");
		}
}

static void sources_label(void)
{
	for (enum chain_label label = 0; label < LABEL_NONE; label++)
		if (shell("domicile label set %s " DIR_TEST "/source-*-%s >&2",
			  label_names[label], label_names[label]))
			fail("domicile label set failed");
}

static void enforced_run(const struct plan *plan)
{
	if (shell("domicile up -p " DIR_TEST "/policy.yaml >&2"))
		fail("domicile up failed");
	sources_label();
	phase_run(plan, true);
	if (shell("domicile down >&2"))
		fail("domicile down failed");
}

static void plan_run(const struct plan *plan)
{
	pid_t in, out;

	place_make();
	file_write(DIR_TEST "/policy.yaml", policy);
	sources_make();
	if (net("up"))
		fail("no namespaces");
	in = sink_start("in");
	out = sink_start("out");
	if (in < 0 || out < 0)
		fail("no sinks");
	printf("TAP version 13\n1..%" PRIu64 "\n", groups(plan));
	if (plan->plain)
		phase_run(plan, false);
	if (plan->enforced)
		enforced_run(plan);
	kill(in, SIGKILL);
	kill(out, SIGKILL);
	net("down");
	place_remove();
}

/* --- the command line ----------------------------------------------------------------------- */

static void plan_show(const struct plan *plan)
{
	char text[2048];

	for (uint64_t i = 0; i < plan->count; i++) {
		struct chain chain;

		chain_make(&chain, plan->seed + i);
		chain_describe(&chain, text, sizeof(text));
		printf("%" PRIu64 ": %s\n", chain.seed, text);
	}
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (*end || end == text)
		fail("not a number");
	return value;
}

static struct plan plan_read(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'c' },
		{ "plain", no_argument, NULL, 'p' },
		{ "enforced", no_argument, NULL, 'e' },
		{ "show", no_argument, NULL, 'd' },
		{}
	};
	struct plan plan = { .seed = 1, .count = 200 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			plan.seed = number(optarg);
		else if (option == 'c')
			plan.count = number(optarg);
		else if (option == 'p')
			plan.plain = true;
		else if (option == 'e')
			plan.enforced = true;
		else if (option == 'd')
			plan.show = true;
		else
			exit(KSFT_FAIL);
	}
	if (!plan.plain && !plan.enforced)
		plan.plain = plan.enforced = true;
	return plan;
}

/* A process of a chain that was started by exec: --process SEED PROCESS [DATA]. */
static void process_run(char **argv)
{
	const char *data = argv[4] ?: getenv("CHAIN");

	if (boxes_make())
		_exit(KSFT_FAIL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(boxes->inbox, sizeof(boxes->inbox), "%s", data ?: "");
	process_serve(strtoull(argv[2], NULL, 10), atoi(argv[3]));
}

int main(int argc, char **argv)
{
	struct plan plan;

	if (argc > 3 && !strcmp(argv[1], "--process"))
		process_run(argv);
	plan = plan_read(argc, argv);
	if (plan.show) {
		plan_show(&plan);
		return 0;
	}
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 0);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (boxes_make())
		fail("no memory for the boxes");
	plan_run(&plan);
	return failed ? KSFT_FAIL : KSFT_PASS;
}
