/** Where the time of a step goes: exclusive stages, durations in HdrHistograms, totals by layer and host. */
package dev.convoke.core.timing;
