/**
 * The expert FFN service: an {@link dev.convoke.experthost.ExpertBank} of packed weights and the agent that serves it,
 * {@link dev.convoke.experthost.ExpertHost}, alike in a process of its own and inside the decoder's.
 */
package dev.convoke.experthost;
