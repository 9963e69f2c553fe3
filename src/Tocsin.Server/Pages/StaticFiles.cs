using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Pages;

/// <summary>
/// The stylesheets, scripts and icons, embedded in the assembly so that one file is the product. Each is served under a name that
/// holds its hash, for ever; a new build has new names. They are compressed once, at start: they hold no secrets.
/// </summary>
internal sealed class StaticFiles
{
    private const string Png = "image/png";

    private static readonly (string File, string Type, string[] Parts)[] Files =
    [
        ("tocsin.css", "text/css; charset=utf-8",
            ["tokens.css", "base.css", "shell.css", "controls.css", "inbox.css", "incident.css", "lists.css", "routing.css", "stream.css",
             "outer.css", "narrow.css"]),
        ("action.css", "text/css; charset=utf-8", ["action.css"]),
        ("schedule.css", "text/css; charset=utf-8", ["schedule.css"]),
        ("report.css", "text/css; charset=utf-8", ["chart.css", "report.css"]),
        ("telemetry.css", "text/css; charset=utf-8", ["chart.css", "telemetry.css"]),
        ("live.js", "text/javascript; charset=utf-8", ["live.js"]),
        ("act.js", "text/javascript; charset=utf-8", ["act.js"]),
        ("keys.js", "text/javascript; charset=utf-8", ["keys.js"]),
        ("pause.js", "text/javascript; charset=utf-8", ["pause.js"]),
        ("chart.js", "text/javascript; charset=utf-8", ["chart.js"]),
        ("tail.js", "text/javascript; charset=utf-8", ["tail.js"]),
        ("timeline.js", "text/javascript; charset=utf-8", ["timeline.js"]),
        ("passkey.js", "text/javascript; charset=utf-8", ["passkey.js"]),
        ("devices.js", "text/javascript; charset=utf-8", ["devices.js"]),
        ("icon.svg", "image/svg+xml", ["icon.svg"]),
        ("icon-192.png", Png, ["icon-192.png"]),
        ("icon-512.png", Png, ["icon-512.png"]),
        ("icon-maskable.png", Png, ["icon-maskable.png"]),
        ("icon-touch.png", Png, ["icon-touch.png"]),
        ("badge-96.png", Png, ["badge-96.png"]),
    ];

    private readonly FrozenDictionary<string, Asset> _byPath;

    private StaticFiles(IEnumerable<Asset> assets) => _byPath = assets.ToFrozenDictionary(a => a.Path, StringComparer.Ordinal);

    public static StaticFiles Embedded { get; } = new(Files.Select(f => Load(f.File, f.Type, f.Parts)));

    public static string Css { get; } = PathOf("tocsin.css");

    public static string ActionCss { get; } = PathOf("action.css");

    public static string ScheduleCss { get; } = PathOf("schedule.css");

    public static string TimelineJs { get; } = PathOf("timeline.js");

    public static string ReportCss { get; } = PathOf("report.css");

    public static string TelemetryCss { get; } = PathOf("telemetry.css");

    public static string ChartJs { get; } = PathOf("chart.js");

    public static string TailJs { get; } = PathOf("tail.js");

    public static string LiveJs { get; } = PathOf("live.js");

    public static string ActJs { get; } = PathOf("act.js");

    public static string KeysJs { get; } = PathOf("keys.js");

    public static string PauseJs { get; } = PathOf("pause.js");

    public static string PasskeyJs { get; } = PathOf("passkey.js");

    public static string DevicesJs { get; } = PathOf("devices.js");

    public static string Icon { get; } = PathOf("icon.svg");

    public static string TouchIcon { get; } = PathOf("icon-touch.png");

    /// <summary>Answers one asset; 404 for a name that this build does not have.</summary>
    public async Task ServeAsync(HttpContext http)
    {
        if (!_byPath.TryGetValue(http.Request.Path.Value ?? "", out var asset))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var accepts = http.Request.Headers.AcceptEncoding.ToString();
        var (encoding, body) = accepts.Contains("br", StringComparison.Ordinal) ? ("br", asset.Brotli)
            : accepts.Contains("gzip", StringComparison.Ordinal) ? ("gzip", asset.Gzip)
            : (null, asset.Plain);

        var headers = http.Response.Headers;
        headers.CacheControl = "public, max-age=31536000, immutable";
        headers.Vary = "Accept-Encoding";
        headers.XContentTypeOptions = "nosniff";
        http.Response.ContentType = asset.Type;
        http.Response.ContentLength = body.Length;
        if (encoding is not null)
        {
            headers.ContentEncoding = encoding;
        }

        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    /// <summary>Under which address a file is served.</summary>
    public static string PathOf(string file) => Embedded._byPath.Values.Single(a => a.File == file).Path;

    private static Asset Load(string file, string type, string[] parts)
    {
        var plain = type == Png ? Bytes(parts[0]) : Encoding.UTF8.GetBytes(string.Join('\n', parts.SelectMany(Lines)));
        var hash = Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 6));
        var dot = file.LastIndexOf('.');
        return new($"/assets/{file[..dot]}.{hash}{file[dot..]}", file, type, plain, Compress(plain, s => new BrotliStream(s, CompressionLevel.SmallestSize)),
            Compress(plain, s => new GZipStream(s, CompressionLevel.SmallestSize)));
    }

    private static byte[] Bytes(string part)
    {
        using var stream = Open(part);
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private static Stream Open(string part) => typeof(StaticFiles).Assembly.GetManifestResourceStream($"Tocsin.Pages.{part}")
        ?? throw new InvalidOperationException($"The assembly lacks {part}.");

    /// <summary>The text of one source file as it is sent.</summary>
    public static string TextOf(string part) => string.Join('\n', Lines(part));

    /// <summary>One source file without comment lines and indentation: what only its readers need.</summary>
    private static IEnumerable<string> Lines(string part)
    {
        using var stream = Open(part);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (reader.ReadLine()?.Trim() is { } line)
        {
            if (line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal)
                && !(line.StartsWith("/*", StringComparison.Ordinal) && line.EndsWith("*/", StringComparison.Ordinal)))
            {
                yield return line;
            }
        }
    }

    private static byte[] Compress(byte[] plain, Func<Stream, Stream> open)
    {
        using var memory = new MemoryStream();
        using (var packed = open(memory))
        {
            packed.Write(plain);
        }

        return memory.ToArray();
    }

    private sealed record Asset(string Path, string File, string Type, byte[] Plain, byte[] Brotli, byte[] Gzip);
}
