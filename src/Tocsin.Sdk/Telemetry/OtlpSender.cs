using System.IO.Compression;
using System.Net.Http.Headers;
using System.Reflection;

namespace Tocsin.Sdk.Telemetry;

/// <summary>Makes one request and says what its answer means. Never throws.</summary>
internal sealed class OtlpSender : IDisposable
{
    private const int LongestAnswer = 64 * 1024;

    private static readonly ProductInfoHeaderValue _agent = new(
        "tocsin-dotnet", typeof(OtlpSender).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0");

    private readonly HttpClient _http;
    private readonly TocsinTelemetryOptions _options;
    private readonly TimeProvider _time;

    public OtlpSender(TocsinTelemetryOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _http = new(options.CreateHandler?.Invoke() ?? PlainHandler())
        {
            BaseAddress = new(options.Address.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = LongestAnswer,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(_agent);
        if (options.Token.Length > 0)
        {
            TocsinClient.Authorize(_http, options.Token);
        }
    }

    /// <returns>What became of it; <see cref="OtlpVerdict.Away"/> also when cancelled.</returns>
    public async Task<OtlpAnswer> SendAsync(string path, byte[] message, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Packed(message) };
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            await response.Content.LoadIntoBufferAsync(LongestAnswer, either.Token);
            return OtlpAnswer.Of(response, await response.Content.ReadAsByteArrayAsync(either.Token), _time.GetUtcNow());
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return new(OtlpVerdict.Away, $"{_options.Address.Authority} did not answer within {_options.RequestTimeout.TotalSeconds:0.#} s");
        }
        catch (Exception e) // the network's faults, and whatever a handler of the program's own throws
        {
            return new(OtlpVerdict.Away, $"{_options.Address.Authority} did not answer: {e.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler PlainHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),

        // Else each request would be a span of its own, and be told about in turn.
        ActivityHeadersPropagator = null,
    };

    private ByteArrayContent Packed(byte[] message)
    {
        ByteArrayContent content;
        if (message.Length > _options.GzipAboveBytes)
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(message);
            }

            content = new(packed.GetBuffer(), 0, (int)packed.Length);
            content.Headers.ContentEncoding.Add("gzip");
        }
        else
        {
            content = new(message);
        }

        content.Headers.ContentType = new("application/x-protobuf");
        return content;
    }
}
