using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace Tocsin.Operations;

/// <summary>Where this process's own metrics go. Section <c>Otlp</c>; <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> sets the endpoint too.</summary>
public sealed class OtlpOptions
{
    /// <summary>The collector's address, such as <c>http://127.0.0.1:4318</c>; empty: nothing is exported.</summary>
    [RegularExpression("^(https?://.+)?$", ErrorMessage = "Otlp:Endpoint must begin with http:// or https://.")]
    public string Endpoint { get; set; } = "";

    /// <summary><c>http</c> (protobuf over HTTP, port 4318) or <c>grpc</c> (port 4317). Default http.</summary>
    [RegularExpression("^(http|grpc)$", ErrorMessage = "Otlp:Protocol must be http or grpc.")]
    public string Protocol { get; set; } = "http";

    /// <summary>How often. Default 60 s, 1 s to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(60);
}

[OptionsValidator]
internal sealed partial class OtlpOptionsValidator : IValidateOptions<OtlpOptions>;

/// <summary>Sends the process's metrics to a collector, when one is configured.</summary>
internal sealed class OtlpExport(IOptions<OtlpOptions> options) : IDisposable
{
    private MeterProvider? _provider;

    public void Start()
    {
        if (options.Value.Endpoint.Length == 0)
        {
            return;
        }

        var address = new Uri(options.Value.Protocol == "http" ? $"{options.Value.Endpoint.TrimEnd('/')}/v1/metrics" : options.Value.Endpoint);
        _provider = OpenTelemetry.Sdk.CreateMeterProviderBuilder()
            .AddMeter(Instruments.MeterName, "Microsoft.AspNetCore.Hosting", "System.Runtime")
            .AddOtlpExporter((exporter, reader) =>
            {
                exporter.Endpoint = address;
                exporter.Protocol = options.Value.Protocol == "http" ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.Value.Every.TotalMilliseconds;
            })
            .Build();
    }

    public void Dispose() => _provider?.Dispose();
}
