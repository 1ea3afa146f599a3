/* SPDX-License-Identifier: GPL-2.0-only */
/* What the unit tests share. Each test runs in a child that skips exit handlers. */
#ifndef DOMICILE_UNIT_H
#define DOMICILE_UNIT_H

#include "kselftest_harness.h"

#include <sanitizer/lsan_interface.h>

/* At the end of a test that has freed everything. */
#define EXPECT_NO_LEAK() EXPECT_EQ(0, __lsan_do_recoverable_leak_check())

#endif /* DOMICILE_UNIT_H */
