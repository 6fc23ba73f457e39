// SPDX-License-Identifier: MIT
/* A second process that stays, and does one step at a time when it is told to. */
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "run.h"

static pid_t peer;
static int to_peer = -1;

/* The peer's life: a line comes, its answers go to the same output, a byte says that it is done. */
static void serve(int from_parent)
{
	char line[512];
	ssize_t length;

	machine_init();		/* its own /dev/pfnlab, for a notifier of its own */
	settle();
	mm_init();
	/* Only now goes the parent on: what it does next is not counted as the peer's. */
	if (write(from_parent, "", 1) != 1)
		_exit(1);
	while ((length = read(from_parent, line, sizeof(line) - 1)) > 0) {
		line[length] = 0;
		run_step(line);
		fflush(stdout);
		if (write(from_parent, "", 1) != 1)
			break;
	}
	_exit(0);
}

void op_peer(struct step *s)
{
	int ends[2];
	char done;

	(void)s;
	if (peer > 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends)) {
		answer("peer", -1);
		return;
	}
	fflush(stdout);
	peer = fork();
	if (!peer) {
		close(ends[0]);
		serve(ends[1]);
	}
	close(ends[1]);
	to_peer = ends[0];
	if (peer < 0 || read(to_peer, &done, 1) != 1)
		answer("peer", -1);
	else
		answer("peer", 0);
}

void peer_step(const char *line)
{
	char done;

	if (peer <= 0) {
		printf("{\"error\":\"no peer\"}\n");
		return;
	}
	fflush(stdout);
	if (write(to_peer, line, strlen(line)) < 0 || read(to_peer, &done, 1) != 1)
		printf("{\"error\":\"the peer died\"}\n");
}

void op_endpeer(struct step *s)
{
	int status = -1;

	(void)s;
	close(to_peer);
	if (peer > 0)
		waitpid(peer, &status, 0);
	peer = 0;
	printf("{\"peer\":%d}\n", status);
}
