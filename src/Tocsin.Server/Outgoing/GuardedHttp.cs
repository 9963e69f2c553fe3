using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Options;

namespace Tocsin.Outgoing;

/// <summary>
/// Everything that leaves this process by HTTP leaves here: checked addresses only, no redirects, no proxy from the environment, no
/// cookies, bounded time and answers.
/// </summary>
internal sealed class GuardedHttp : IDisposable
{
    private static readonly string UserAgent = $"Tocsin/{typeof(GuardedHttp).Assembly.GetName().Version?.ToString(3)}";

    private readonly OutgoingOptions _options;
    private readonly TimeProvider _clock;
    private readonly SocketsHttpHandler _sockets;
    private readonly UrlGuard _guard;
    private readonly HttpClient _client;

    public GuardedHttp(OutgoingConnector connector, IOptions<OutgoingOptions> options, TimeProvider clock)
        : this(connector, options, clock, namedByOperator: false)
    {
    }

    /// <param name="namedByOperator">Every address that is asked comes from the process settings: internal ones too are called. For a client of its own.</param>
    internal GuardedHttp(OutgoingConnector connector, IOptions<OutgoingOptions> options, TimeProvider clock, bool namedByOperator)
    {
        (_options, _clock) = (options.Value, clock);
        _sockets = new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = async (context, ct) =>
                await connector.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, namedByOperator, ct),
            ConnectTimeout = _options.Timeout,
            MaxResponseDrainSize = 0,
            MaxResponseHeadersLength = 32,
            // Idle connections are closed before most servers close theirs: a request on a dying connection would fail for nothing.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PreAuthenticate = false,
            SslOptions = { RemoteCertificateValidationCallback = CertificateGuard.Check },
            UseCookies = false,
            UseProxy = false,
        };
        _guard = new UrlGuard(_sockets);
        _client = CreateClient(Timeout.InfiniteTimeSpan, answerMaxBytes: int.MaxValue);
    }

    /// <summary>
    /// A client for a library that wants one, behind the same guard. Its refusals arrive as <see cref="HttpRequestException"/> with an
    /// <see cref="OutgoingRefusedException"/> inside. Dispose of it at will: the connections are shared.
    /// </summary>
    /// <param name="timeout">Of one request, up to the end of a buffered answer.</param>
    /// <param name="answerMaxBytes">The largest answer that is buffered; a larger one is an error. Streamed answers are the caller's to bound.</param>
    public HttpClient CreateClient(TimeSpan timeout, int answerMaxBytes)
    {
#pragma warning disable RS0030 // The one place that may: this is the guarded client.
        var client = new HttpClient(_guard, disposeHandler: false) { Timeout = timeout, MaxResponseContentBufferSize = answerMaxBytes };
#pragma warning restore RS0030
        client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", UserAgent);
        return client;
    }

    /// <summary>Sends one request with a JSON body, once, as <see cref="SendAsync"/> does.</summary>
    public async Task<OutgoingAnswer> SendJsonAsync(HttpMethod verb, string url, byte[] body, AuthenticationHeaderValue? authorization, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(verb, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json") { CharSet = "utf-8" };
        request.Headers.Authorization = authorization;
        return await SendAsync(request, ct);
    }

    /// <summary>Opens a WebSocket, behind the same guard. Bounded in time up to the handshake; the caller bounds what it reads.</summary>
    /// <param name="url">ws or wss.</param>
    /// <exception cref="WebSocketException">Nobody there, refused, or not a WebSocket; the message is safe to show.</exception>
    public async Task<ClientWebSocket> ConnectAsync(Uri url, CancellationToken ct)
    {
        var asHttp = url.OriginalString.StartsWith("ws", StringComparison.OrdinalIgnoreCase) ? $"http{url.OriginalString[2..]}" : url.OriginalString;
        if (OutgoingUrl.Fault(asHttp) is { } fault)
        {
            throw new WebSocketException(fault);
        }

        using var limit = new CancellationTokenSource(_options.Timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(15);
        socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(15);
        try
        {
            using var invoker = new HttpMessageInvoker(_sockets, disposeHandler: false);
            await socket.ConnectAsync(url, invoker, either.Token);
            return socket;
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            socket.Dispose();
            throw new WebSocketException($"No answer within {_options.Timeout.TotalSeconds:0.#} s.", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends one request, once. Ends within <see cref="OutgoingOptions.Timeout"/>.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled before there was a status.</exception>
    public async Task<OutgoingAnswer> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        if (UrlGuard.Fault(request.RequestUri) is { } fault)
        {
            return new OutgoingAnswer.Refused(fault);
        }

        using var limit = new CancellationTokenSource(_options.Timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var retryAfter = response.Headers.TryGetValues("Retry-After", out var values) ? values.FirstOrDefault() : null;
            return new OutgoingAnswer.Status(
                (int)response.StatusCode, RetryAfter.Read(retryAfter, _clock.GetUtcNow()), await ReadBodyAsync(response, either.Token));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new OutgoingAnswer.Failed($"No answer within {_options.Timeout.TotalSeconds:0.#} s.");
        }
        catch (HttpRequestException e)
        {
            return OutgoingFailure.RefusalIn(e) is { } refusal ? new OutgoingAnswer.Refused(refusal) : new OutgoingAnswer.Failed(OutgoingFailure.Describe(e));
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _guard.Dispose();
        _sockets.Dispose();
    }

    // The status has been given and stands; a body that breaks off, never ends or is too long is read as far as it goes.
    private async Task<string> ReadBodyAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var buffer = new byte[Math.Min(_options.AnswerMaxBytes, response.Content.Headers.ContentLength ?? int.MaxValue)];
        var length = 0;
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(ct);
            while (length < buffer.Length && await body.ReadAsync(buffer.AsMemory(length), ct) is > 0 and var read)
            {
                length += read;
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            // Kept: what arrived.
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    /// <summary>Asks the URL before a connection is thought of: scheme, user info, one spelling of the host.</summary>
    private sealed class UrlGuard(SocketsHttpHandler inner) : DelegatingHandler(inner)
    {
        public static string? Fault(Uri? uri) => uri is { IsAbsoluteUri: true } ? OutgoingUrl.Fault(uri.OriginalString) : "The request has no URL.";

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Fault(request.RequestUri) is { } fault
                ? throw new HttpRequestException(fault, new OutgoingRefusedException(fault))
                : base.SendAsync(request, cancellationToken);
    }
}

/// <summary>A certificate that is not trusted is a refusal, not a passing fault: the next method is tried at once.</summary>
internal static class CertificateGuard
{
    public static bool Check(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None
            ? true
            : throw new OutgoingRefusedException($"The server's certificate is not trusted ({errors}). Mend it, or trust its authority on this host.");
}

/// <summary>Puts exceptions of the network into words that are safe to show: no addresses, no header, no stack.</summary>
internal static class OutgoingFailure
{
    public static string? RefusalIn(Exception e) =>
        e is OutgoingRefusedException refused ? refused.Message : e.InnerException is { } inner ? RefusalIn(inner) : null;

    public static string Describe(Exception e) => e switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "The connection was refused: nothing listens there.",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => "The host name could not be resolved.",
        SocketException { SocketErrorCode: SocketError.ConnectionReset } => "The connection was reset before an answer.",
        SocketException socket => $"The connection failed ({socket.SocketErrorCode}).",
        AuthenticationException => "The TLS handshake failed.",
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => "The connection was closed before an answer.",
        HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } or HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } =>
            "The answer was not HTTP.",
        { InnerException: { } inner } => Describe(inner),
        HttpRequestException http => $"The request failed ({http.HttpRequestError}).",
        _ => "The connection was closed before an answer.",
    };
}
