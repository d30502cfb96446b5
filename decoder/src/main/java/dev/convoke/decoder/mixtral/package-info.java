/** Mixtral and what shares its layers: OLMoE. */
package dev.convoke.decoder.mixtral;
