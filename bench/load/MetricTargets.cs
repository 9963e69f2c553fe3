using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Tocsin.Load;

/// <summary>Something that takes samples over HTTP and counts them.</summary>
public abstract class MetricTarget
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public abstract string Name { get; }

    public abstract string Version();

    /// <summary>Starts it on an empty folder.</summary>
    public abstract Task<ServerProcess> StartAsync(DirectoryInfo folder);

    /// <param name="start">Of the first sample of each series, Unix seconds.</param>
    public abstract RequestBody Body(Uri server, long start, int samples);

    /// <summary>How many samples can be read, each series asked for by its name.</summary>
    /// <param name="to">Exclusive, Unix seconds.</param>
    public abstract Task<long> CountAsync(Uri server, long start, long to);

    protected static HttpClient Client(Uri server, string? key = null)
    {
        var http = new HttpClient { BaseAddress = server, Timeout = TimeSpan.FromMinutes(2) };
        if (key is not null)
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }

        return http;
    }
}

/// <summary>The product, with the key of a user, in one of its two forms.</summary>
public sealed class TocsinMetrics(string program, string? database, bool isOtlp) : MetricTarget
{
    private readonly TocsinFanout _server = new(program, database);

    public override string Name => $"{_server.Name}, {(isOtlp ? "OTLP" : "/ingest/metrics")}";

    public override string Version() => _server.Version();

    public override Task<ServerProcess> StartAsync(DirectoryInfo folder) => _server.StartAsync(folder);

    public override RequestBody Body(Uri server, long start, int samples) =>
        isOtlp ? new OtlpMetricBody(server, _server.Key, start, samples) : new JsonMetricBody(server, _server.Key, start, samples);

    public override async Task<long> CountAsync(Uri server, long start, long to)
    {
        using var http = Client(server, _server.Key);
        var (sum, span) = (0.0, $"from={Time(start)}&to={Time(to)}&step=1d&how=count&limit={MetricSeries.PerName}");
        for (var name = 0; name < MetricSeries.Names; name++)
        {
            var answer = await http.GetFromJsonAsync<JsonElement>(new Uri($"api/v1/metrics/query?name={MetricSeries.Name(name)}&{span}", UriKind.Relative));
            sum += answer.GetProperty("series").EnumerateArray().SelectMany(s => s.GetProperty("points").EnumerateArray()).Sum(p => p.GetProperty("value").GetDouble());
        }

        return (long)sum;
    }

    private static string Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>Debian's VictoriaMetrics, one node: answers when samples are in its memory, and writes them to disk seconds later.</summary>
public sealed class VictoriaMetrics : MetricTarget
{
    private const string Program = "victoria-metrics";

    public override string Name => "VictoriaMetrics";

    // Debian's build does not know its own version.
    public override string Version() => Target.FirstLine("dpkg-query", "-W", "-f", "${Version}", Program);

    public override Task<ServerProcess> StartAsync(DirectoryInfo folder)
    {
        var url = new Uri($"http://127.0.0.1:{ServerProcess.FreePort()}/");
        string[] arguments = [$"-storageDataPath={Path.Combine(folder.FullName, "data")}", $"-httpListenAddr={url.Authority}", "-retentionPeriod=1", "-loggerLevel=ERROR"];
        return ServerProcess.Start(Program, arguments, url).ReadyAsync("/health", Patience);
    }

    public override RequestBody Body(Uri server, long start, int samples) => new TextMetricBody(server, start, samples);

    public override async Task<long> CountAsync(Uri server, long start, long to)
    {
        using var http = Client(server);
        (await http.GetAsync(new Uri("internal/force_flush", UriKind.Relative))).EnsureSuccessStatusCode();
        var sum = 0L;
        for (var name = 0; name < MetricSeries.Names; name++)
        {
            var query = Uri.EscapeDataString($"sum(count_over_time({MetricSeries.Name(name)}[{to - start}s]))");
            var answer = await http.GetFromJsonAsync<JsonElement>(new Uri($"api/v1/query?query={query}&time={to - 1}&nocache=1", UriKind.Relative));
            sum += answer.GetProperty("data").GetProperty("result").EnumerateArray().Sum(r => long.Parse(r.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture));
        }

        return sum;
    }
}
