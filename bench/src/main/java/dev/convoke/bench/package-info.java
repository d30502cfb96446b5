/** Measurements that a user can repeat: {@code convoke bench}. */
package dev.convoke.bench;
