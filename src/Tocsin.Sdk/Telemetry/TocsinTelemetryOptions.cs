namespace Tocsin.Sdk.Telemetry;

/// <summary>Where logs and metrics go, and how. Validated when the first of them is wanted; a wrong value is an <see cref="ArgumentException"/> there.</summary>
public sealed class TocsinTelemetryOptions
{
    /// <summary>The server's address, path prefix included. Default: <c>TOCSIN_SERVER</c> of the environment, else <c>http://127.0.0.1:8080</c>.</summary>
    public Uri? Server { get; set; }

    /// <summary>An API key that may send. Default: <c>TOCSIN_TOKEN</c> of the environment.</summary>
    public string? Key { get; set; }

    /// <summary>What sends. Default: <c>OTEL_SERVICE_NAME</c> of the environment, else the application's name.</summary>
    public string? Service { get; set; }

    /// <summary>Such as <c>production</c>. Default: the host's environment.</summary>
    public string? Environment { get; set; }

    /// <summary>What tells two processes of a service apart; counters of two instances are two series. Default: machine and process number.</summary>
    public string? Instance { get; set; }

    /// <summary>More that is true of all entries, such as <c>service.version</c>.</summary>
    public IDictionary<string, string> Attributes { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether scopes become attributes. Default: yes.</summary>
    public bool IncludeScopes { get; set; } = true;

    /// <summary>Meters that are measured; <c>*</c> at the end stands for any end. Default, empty: all of them.</summary>
    public IList<string> Meters { get; } = [];

    /// <summary>How often metrics are sent. Default 30 s, at least 1 s.</summary>
    public TimeSpan MetricInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Different sets of tags that are kept for one instrument; what is beyond goes into one series of its own. Default 2 000.</summary>
    public int SeriesLimit { get; set; } = 2_000;

    /// <summary>Entries that make a request, and the most in one. Default 500, 1 to 10 000.</summary>
    public int BatchSize { get; set; } = 500;

    /// <summary>Pause after a request until fewer entries than a batch are sent. Default 2 s.</summary>
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Entries that may wait for the server, of each kind; then the oldest are lost and counted. Default 20 000.</summary>
    public int QueueLimit { get; set; } = 20_000;

    /// <summary>Bytes that may wait for the server, of each kind. Default 32 MiB.</summary>
    public long QueueLimitBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>For one request with its answer. Default 10 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>For sending what waits when the program ends. Default 5 s.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause before the second attempt; it doubles up to <see cref="LongestRetryDelay"/>, and varies by half. Default 0.5 s.</summary>
    public TimeSpan FirstRetryDelay { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Default 30 s.</summary>
    public TimeSpan LongestRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests above are packed. Default 1 024 bytes.</summary>
    public int GzipAboveBytes { get; set; } = 1024;

    /// <summary>Makes what requests go through, for certificates or proxies of one's own. Redirects must not be followed. Default: a plain one.</summary>
    public Func<HttpMessageHandler>? CreateHandler { get; set; }

    internal Uri Address => Server
        ?? (System.Environment.GetEnvironmentVariable("TOCSIN_SERVER") is { Length: > 0 } named
            ? Uri.TryCreate(named, UriKind.Absolute, out var address) ? address : throw new ArgumentException($"TOCSIN_SERVER is no address: {named}")
            : new Uri("http://127.0.0.1:8080"));

    internal string Token => Key ?? System.Environment.GetEnvironmentVariable("TOCSIN_TOKEN") ?? "";

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal void Validate()
    {
        Require(Address.IsAbsoluteUri && Address.Scheme is "http" or "https", $"{nameof(Server)} must begin with http:// or https://, and is {Address}.");
        Require(Token.All(c => c is > ' ' and < (char)127), $"{nameof(Key)} has a character that no key has.");
        Require(BatchSize is >= 1 and <= 10_000, $"{nameof(BatchSize)} is 1 to 10 000.");
        Require(QueueLimit >= 1 && QueueLimitBytes >= 1, $"{nameof(QueueLimit)} and {nameof(QueueLimitBytes)} are at least 1.");
        Require(SeriesLimit >= 1, $"{nameof(SeriesLimit)} is at least 1.");
        Require(MetricInterval >= TimeSpan.FromSeconds(1), $"{nameof(MetricInterval)} is at least 1 s.");
        Require(RequestTimeout > TimeSpan.Zero && ShutdownTimeout >= TimeSpan.Zero && FlushInterval >= TimeSpan.Zero, "Times are not negative.");
        Require(FirstRetryDelay > TimeSpan.Zero && LongestRetryDelay >= FirstRetryDelay, $"{nameof(LongestRetryDelay)} is at least {nameof(FirstRetryDelay)}, which is not zero.");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ArgumentException(otherwise);
        }
    }
}
