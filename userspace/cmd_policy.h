/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of domicile policy that have a file of their own. */
#ifndef DOMICILE_CMD_POLICY_H
#define DOMICILE_CMD_POLICY_H

int cmd_policy_check(int argc, char **argv);
int cmd_policy_explain(int argc, char **argv);
int cmd_policy_test(int argc, char **argv);
int cmd_policy_diff(int argc, char **argv);
int cmd_policy_simulate(int argc, char **argv);
int cmd_policy_apply(int argc, char **argv);
int cmd_policy_confirm(int argc, char **argv);

#endif /* DOMICILE_CMD_POLICY_H */
