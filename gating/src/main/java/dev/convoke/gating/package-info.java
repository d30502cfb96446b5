/** Gates and routing plans: which rows go to which experts with which weight. Pure: no threads, no I/O. */
package dev.convoke.gating;
