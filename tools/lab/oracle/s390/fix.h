/* SPDX-License-Identifier: MIT */
/* Nothing has to be changed to use the configured headers outside a kernel. */
