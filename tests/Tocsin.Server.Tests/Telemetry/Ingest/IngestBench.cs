using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Telemetry;

/// <summary>A server for all tests of a class, and what it has stored.</summary>
public abstract class IngestBench(Engine engine) : IAsyncLifetime
{
    internal HttpBench Bench { get; private set; } = null!;

    /// <summary>Somebody with a key that may send and read.</summary>
    internal HttpClient Sender { get; private set; } = null!;

    private long Workspace { get; set; }

    public async Task InitializeAsync()
    {
        if (engine == Engine.Postgres && Engine.MissingPostgres is not null)
        {
            return;
        }

        Bench = await HttpBench.StartAsync(engine);
        Sender = await Bench.CallerAsync(Role.Responder);
        Workspace = await WorkspaceAsync("acme");
    }

    public async Task DisposeAsync()
    {
        if (Bench is not null)
        {
            await Bench.DisposeAsync();
        }
    }

    internal static ByteArrayContent Packed(string text, string encoding)
    {
        using var bytes = new MemoryStream();
        using (Stream packer = encoding switch { "gzip" => new GZipStream(bytes, CompressionLevel.Fastest), "br" => new BrotliStream(bytes, CompressionLevel.Fastest), _ => new ZLibStream(bytes, CompressionLevel.Fastest) })
        {
            packer.Write(Encoding.UTF8.GetBytes(text));
        }

        return new(bytes.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json"), ContentEncoding = { encoding } } };
    }

    /// <summary>What is stored of a service, in the order of time.</summary>
    internal async Task<IReadOnlyList<LogLine>> LinesAsync(string service, string workspace = "acme")
    {
        var now = DateTimeOffset.UtcNow;
        var page = await Bench.Service<LogSearch>().SearchAsync(await WorkspaceAsync(workspace), new() { From = now.AddDays(-30), To = now.AddDays(2), Service = service }, 1_000, null, default);
        Assert.True(page.Complete);
        return [.. page.Lines.Select(l => l.Line).Reverse()];
    }

    /// <summary>The newest sample of each series of a service, by name and tags.</summary>
    internal async Task<Dictionary<string, (MetricSeries Series, double Value)>> SamplesAsync(string service)
    {
        var now = DateTimeOffset.UtcNow;
        var series = await Bench.Service<MetricQuery>().ReadAsync(Workspace, new() { Service = service }, now.AddDays(-30), now.AddDays(2), 1_000, default);
        return series.ToDictionary(s => s.Series.Tags.Count > 0 ? $"{s.Series.Name}{s.Series.Tags}" : s.Series.Name, s => (s.Series, s.Points[^1].Value));
    }

    internal Task<IReadOnlyList<TraceSpan>> SpansAsync(string trace) => Bench.Service<TraceQuery>().FindAsync(Workspace, trace, default);

    private async Task<long> WorkspaceAsync(string name) => await Bench.Service<Database>().ReadAsync(
        async session => (await Bench.Service<WorkspaceStore>().ListAsync(session)).Single(w => w.Name == name).Id, default);
}
