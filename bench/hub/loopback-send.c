/*
 * The floor of a fan-out over loopback: one message of 200 bytes to each of N sockets, by one thread, by two, ten messages in
 * each writev, and through io_uring; nothing else. Nobody reads: what is sent stays in the sockets.
 *
 *   gcc -O2 -pthread -o /tmp/loopback-send bench/hub/loopback-send.c && /tmp/loopback-send 18000
 *
 * Prints what each way takes, and the CPU that the whole process spent on a message, the receiving half of the kernel's included.
 */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { message_bytes = 200, ring_entries = 4096, rounds = 3, together = 10 };

static char message[message_bytes];
static int *sockets;
static int count;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double wall_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static double cpu_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

struct share {
  int from, to, messages;
};

static void *send_share(void *argument) {
  const struct share *share = argument;
  struct iovec parts[together];
  for (int part = 0; part < share->messages; part++) parts[part] = (struct iovec){message, message_bytes};
  for (int at = share->from; at < share->to; at++)
    if (writev(sockets[at], parts, share->messages) != share->messages * message_bytes) fail("writev");
  return NULL;
}

static void by_one_thread(void) { send_share(&(struct share){0, count, 1}); }

static void ten_in_each(void) { send_share(&(struct share){0, count, together}); }

static void by_two_threads(void) {
  pthread_t threads[2];
  struct share halves[2] = {{0, count / 2, 1}, {count / 2, count, 1}};
  for (int half = 0; half < 2; half++) pthread_create(&threads[half], NULL, send_share, &halves[half]);
  for (int half = 0; half < 2; half++) pthread_join(threads[half], NULL);
}

static struct {
  int file;
  unsigned *submit_tail, *submit_mask, *submit_array, *done_head, *done_tail, *done_mask;
  struct io_uring_sqe *entries;
  struct io_uring_cqe *results;
} ring;

static void *map_ring(size_t bytes, off_t offset) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.file, offset);
  if (memory == MAP_FAILED) fail("mmap");
  return memory;
}

static int open_ring(void) {
  struct io_uring_params params = {0};
  ring.file = syscall(SYS_io_uring_setup, ring_entries, &params);
  if (ring.file < 0) return 0;
  char *submit = map_ring(params.sq_off.array + params.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
  char *done = map_ring(params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
  ring.entries = map_ring(params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
  ring.submit_tail = (unsigned *)(submit + params.sq_off.tail);
  ring.submit_mask = (unsigned *)(submit + params.sq_off.ring_mask);
  ring.submit_array = (unsigned *)(submit + params.sq_off.array);
  ring.done_head = (unsigned *)(done + params.cq_off.head);
  ring.done_tail = (unsigned *)(done + params.cq_off.tail);
  ring.done_mask = (unsigned *)(done + params.cq_off.ring_mask);
  ring.results = (struct io_uring_cqe *)(done + params.cq_off.cqes);
  return 1;
}

static void by_ring(void) {
  for (int sent = 0; sent < count;) {
    unsigned tail = *ring.submit_tail, batch = 0;
    for (; batch < ring_entries && sent < count; batch++, sent++, tail++) {
      unsigned slot = tail & *ring.submit_mask;
      ring.entries[slot] = (struct io_uring_sqe){
          .opcode = IORING_OP_SEND, .fd = sockets[sent], .addr = (unsigned long)message, .len = message_bytes};
      ring.submit_array[slot] = slot;
    }
    __atomic_store_n(ring.submit_tail, tail, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring.file, batch, batch, IORING_ENTER_GETEVENTS, NULL, 0) < 0) fail("enter");
    unsigned head = *ring.done_head;
    for (; head != __atomic_load_n(ring.done_tail, __ATOMIC_ACQUIRE); head++)
      if (ring.results[head & *ring.done_mask].res != message_bytes) fail("send");
    __atomic_store_n(ring.done_head, head, __ATOMIC_RELEASE);
  }
}

static void measure(const char *name, void (*way)(void), int messages) {
  double wall = wall_ms(), cpu = cpu_ms();
  way();
  printf("%-32s %4.0f ms, %.2f us of CPU a message\n", name, wall_ms() - wall, (cpu_ms() - cpu) * 1e3 / count / messages);
}

/* The other ends are held by another process: one alone may not have so many files. */
static pid_t connect_all(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t bytes = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  if (bind(listener, (void *)&address, bytes) || listen(listener, 4096)) fail("listen");
  getsockname(listener, (void *)&address, &bytes);
  pid_t holder = fork();
  if (holder == 0) {
    for (int held = 0; held < count; held++)
      if (accept(listener, NULL, NULL) < 0) fail("accept");
    for (;;) pause();
  }
  for (int at = 0; at < count; at++) {
    sockets[at] = socket(AF_INET, SOCK_STREAM, 0);
    if (sockets[at] < 0) fail("socket");
    setsockopt(sockets[at], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(sockets[at], (void *)&address, bytes)) fail("connect");
  }
  return holder;
}

int main(int arguments, char **values) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  count = arguments > 1 ? atoi(values[1]) : 18000;
  sockets = calloc(count, sizeof *sockets);
  pid_t holder = connect_all();
  int has_ring = open_ring();
  for (int round = 0; round < rounds; round++) {
    measure("one thread", by_one_thread, 1);
    measure("two threads", by_two_threads, 1);
    measure("one thread, ten in each writev", ten_in_each, together);
    if (has_ring) measure("io_uring, 4,096 sends a call", by_ring, 1);
  }
  kill(holder, SIGKILL);
  return 0;
}
