/** Gates that weigh the chosen experts by a softmax. */
package dev.convoke.gating.softmax;
