/* SPDX-License-Identifier: MIT */
/* Makes the configured headers usable outside a kernel: no paravirtualisation, no run-time patching. */
#undef CONFIG_PARAVIRT
#undef CONFIG_PARAVIRT_XXL
#undef CONFIG_PARAVIRT_SPINLOCKS
#undef CONFIG_XEN
#undef CONFIG_XEN_PV
/* pte_user_accessible_page and its kind are compiled for the page-table check only. */
#define CONFIG_PAGE_TABLE_CHECK 1
