using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Identity;

internal enum Registration
{
    /// <summary>New people come by the page behind an invitation, or by single sign-on.</summary>
    Closed,

    /// <summary>Programs may register too, with the token of an invitation.</summary>
    Invitation,

    /// <summary>Anybody makes an account, with a workspace of its own.</summary>
    Open,
}

/// <summary>Accounts of people: who gets one, and what logging in costs. Section <c>Accounts</c>.</summary>
internal sealed class AccountOptions
{
    /// <summary>
    /// Who may make an account: Closed: people come by an invitation's page or single sign-on only. Invitation: also by <c>/auth/register</c> with an invitation's token.
    /// Open: anybody, who then has a workspace of his own. Default Closed.
    /// </summary>
    [EnumDataType(typeof(Registration))]
    public Registration Registration { get; set; } = Registration.Closed;

    /// <summary>
    /// Who must have a second factor (an authenticator app or a passkey): None: nobody. Admins: administrators and owners. Everybody. Who must and has none is led to set one
    /// up, and can change nothing else until then; whoever comes by single sign-on is asked by its provider. Default None.
    /// </summary>
    [EnumDataType(typeof(SecondFactorDuty))]
    public SecondFactorDuty RequireSecondFactor { get; set; } = SecondFactorDuty.None;

    /// <summary>After how many hours without use a browser's session ends, before its time is over; a page that is open and follows what happens is use. Default 0: none does. 0 to 8760.</summary>
    [Range(0, 8760)]
    public int IdleHours { get; set; }

    /// <summary>
    /// A list of leaked passwords that new ones are looked up in, such as <c>https://api.pwnedpasswords.com/range/</c>: it is asked by the first five of forty digits of a hash (SHA-1), and answers
    /// with all that begin so. If it does not answer within 2 s, the password is taken. Default: none is asked.
    /// </summary>
    [RegularExpression("^(https?://.+)?$", ErrorMessage = "LeakedPasswordsUrl must begin with http:// or https://.")]
    public string LeakedPasswordsUrl { get; set; } = "";

    /// <summary>How long a bearer token of <c>/auth/login</c> lasts, in hours. Default 24, 1 to 8760. Also read from <c>SESSION_TOKEN_EXPIRE_HOURS</c>.</summary>
    [Range(1, 8760)]
    public int TokenHours { get; set; } = 24;

    /// <summary>How many passwords this node checks at once; each keeps one core busy for some 100 ms. Default 0: half of the cores, at least one. 0 to 64.</summary>
    [Range(0, 64)]
    public int HashesAtOnce { get; set; }

    /// <summary>How many more may wait for their turn before the next one is told to come again (503). Those who logged in from the same place before have four times as many. Default 16, 0 to 1000.</summary>
    [Range(0, 1000)]
    public int HashesWaiting { get; set; } = 16;

    /// <summary>Browsers' sessions that were last used before this are over.</summary>
    internal DateTimeOffset IdleSince(DateTimeOffset now) => IdleHours == 0 ? DateTimeOffset.UnixEpoch : now - TimeSpan.FromHours(IdleHours);
}

[OptionsValidator]
internal sealed partial class AccountOptionsValidator : IValidateOptions<AccountOptions>;
