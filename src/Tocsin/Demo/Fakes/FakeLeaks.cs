using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Demo.Fakes;

/// <summary>A list of leaked passwords that is asked by the first five digits of a hash, as the well-known one is: <c>GET /range/XXXXX</c>.</summary>
internal sealed class FakeLeaks : FakeHttp
{
    private readonly ConcurrentDictionary<string, int> _leaked = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _asked = new();

    private FakeLeaks(TimeProvider clock)
        : base(clock)
    {
    }

    /// <summary>What it learned of those who asked: paths, oldest first.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <summary>To be set as <c>Accounts:LeakedPasswordsUrl</c>.</summary>
    public string Range => $"{Url}range/";

    /// <param name="port">0: any that is free.</param>
    public static async Task<FakeLeaks> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeLeaks(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    /// <param name="times">0: filling, as answers carry that hide how long they are.</param>
    public void Leak(string password, int times) => _leaked[HashOf(password)] = times;

    protected override bool IsWork(PathString path) => true;

    protected override FakeAnswer? Show(PathString path) => null;

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        _asked.Enqueue(request.Path.Value!);
        if (!request.Path.StartsWithSegments("/range", StringComparison.Ordinal, out var rest) || rest.Value is not ['/', .. { Length: 5 } prefix] || !prefix.All(char.IsAsciiHexDigitUpper))
        {
            return new(400, "The hash prefix was not in a valid format");
        }

        var lines = _leaked.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key[5..]}:{pair.Value}"))
            .Append($"{new string('0', 35)}:3").Order(StringComparer.Ordinal);
        return new(200, string.Join("\r\n", lines));
    }

#pragma warning disable CA5350 // The hash of the lists that it stands for.
    private static string HashOf(string password) => Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(password)));
#pragma warning restore CA5350
}
