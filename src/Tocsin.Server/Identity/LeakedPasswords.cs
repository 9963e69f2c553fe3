using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Outgoing;

namespace Tocsin.Identity;

/// <summary>
/// Asks a list of leaked passwords, where the operator names one, whether a new password is on it. The list learns the first five of forty digits of a hash, which thousands of passwords
/// share, and answers with all that begin so. A list that does not answer in time keeps nobody from setting a password.
/// </summary>
internal sealed class LeakedPasswords(GuardedHttp guarded, IOptions<AccountOptions> options, TimeProvider clock, ILogger<LeakedPasswords> logger) : IDisposable
{
    /// <summary>Somebody waits before a form.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private const int PrefixLength = 5;

    /// <summary>Lists answer with some 40 KB.</summary>
    private const int MostBytes = 512 * 1024;

    private readonly HttpClient _http = guarded.CreateClient(Timeout.InfiniteTimeSpan, MostBytes);

    /// <returns>False also where no list is set, or where it does not answer.</returns>
    public async Task<bool> HasAsync(string password, CancellationToken ct)
    {
        if (options.Value.LeakedPasswordsUrl.Length == 0)
        {
            return false;
        }

#pragma warning disable CA5350 // The lists have this hash and no other. It protects nothing here: that is for the five digits to do.
        var hash = Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(password)));
#pragma warning restore CA5350
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{options.Value.LeakedPasswordsUrl.TrimEnd('/')}/{hash[..PrefixLength]}");

        // With it answers have one length, whatever was asked.
        request.Headers.TryAddWithoutValidation("Add-Padding", "true");
        using var limit = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            if (response.IsSuccessStatusCode)
            {
                return Lists(Encoding.ASCII.GetString(await response.Content.ReadAsByteArrayAsync(either.Token)), hash.AsSpan(PrefixLength));
            }

            logger.ListFailed($"it answered {(int)response.StatusCode}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            logger.ListFailed($"no answer within {Patience.TotalSeconds:0} s");
        }
        catch (HttpRequestException e)
        {
            logger.ListFailed(OutgoingFailure.RefusalIn(e) ?? OutgoingFailure.Describe(e));
        }

        return false;
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Lines of <c>REST:COUNT</c>; a count of 0 is filling.</summary>
    private static bool Lists(string answer, ReadOnlySpan<char> rest)
    {
        foreach (var line in answer.AsSpan().EnumerateLines())
        {
            if (line.Length > rest.Length && line[rest.Length] == ':' && line[..rest.Length].Equals(rest, StringComparison.OrdinalIgnoreCase))
            {
                return long.TryParse(line[(rest.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0;
            }
        }

        return false;
    }
}

/// <summary>Passwords that people choose: looked at, then hashed slowly.</summary>
internal sealed class NewPasswords(Passwords passwords, LeakedPasswords leaked)
{
    /// <param name="password">One that <see cref="PasswordRules"/> has nothing against.</param>
    /// <param name="known">The place has logged in to this account before, or came by a link.</param>
    /// <returns>The hash to store; or a refusal to be shown beside the field, or that too many wait.</returns>
    public async Task<Result<string>> HashAsync(string password, bool known, CancellationToken ct) =>
        await leaked.HasAsync(password, ct) ? Error.Invalid("password", "That password is on a list of leaked ones, which are tried first. Use something else; a sentence is fine.")
        : await passwords.HashAsync(password, known, ct) is { } hash ? hash
        : PasswordDoor.Busy();
}

internal static partial class LeakedPasswordLog
{
    [LoggerMessage(3031, LogLevel.Warning, "The list of leaked passwords (Accounts:LeakedPasswordsUrl) could not be asked, and a password was taken without: {Reason}")]
    public static partial void ListFailed(this ILogger logger, string reason);
}
