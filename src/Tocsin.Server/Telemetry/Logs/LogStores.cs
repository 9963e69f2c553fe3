using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>Where log lines and what is counted of them are stored: written together.</summary>
internal sealed record LogStores(TelemetryDatabase Telemetry, LogBlockStore Blocks, LogRates Rates, TemplateStore Templates);
