# Each name states the expected finding: `good`, or the number of the policy and the violation.

resource "motherduck_service_account" "good" {
  username = "svc_good"
}

resource "motherduck_service_account" "good_and_said" {
  username            = "svc_good_and_said"
  deletion_protection = true
}

resource "motherduck_service_account" "breaks_2_unprotected" {
  username            = "svc_unprotected"
  deletion_protection = false
}

resource "motherduck_token" "good" {
  username               = motherduck_service_account.good.id
  name_prefix            = "good-"
  ttl                    = 7776000
  early_rotation_seconds = 1209600
}

resource "motherduck_token" "breaks_1_without_ttl" {
  username = motherduck_service_account.good.id
  name     = "endless"
}

resource "motherduck_token" "breaks_1_too_long" {
  username               = motherduck_service_account.good.id
  name                   = "long"
  ttl                    = 7776001
  early_rotation_seconds = 1209600
}

resource "motherduck_token" "breaks_4_not_rotated" {
  username = motherduck_service_account.good.id
  name     = "late"
  ttl      = 86400
}

resource "motherduck_ducklings" "good" {
  username     = motherduck_service_account.good.id
  read_write   = { instance_size = "jumbo" }
  read_scaling = { instance_size = "standard", flock_size = 16 }
}

resource "motherduck_ducklings" "good_with_one_half" {
  username   = motherduck_service_account.good.id
  read_write = { instance_size = "pulse" }
}

resource "motherduck_ducklings" "good_with_the_other_half" {
  username     = motherduck_service_account.good.id
  read_scaling = { instance_size = "pulse", flock_size = 0 }
}

resource "motherduck_ducklings" "breaks_3_large" {
  username   = motherduck_service_account.good.id
  read_write = { instance_size = "giga" }
}

resource "motherduck_ducklings" "breaks_3_large_readers" {
  username     = motherduck_service_account.good.id
  read_write   = { instance_size = "pulse" }
  read_scaling = { instance_size = "mega", flock_size = 4 }
}

resource "motherduck_ducklings" "breaks_3_many_readers" {
  username     = motherduck_service_account.good.id
  read_scaling = { instance_size = "pulse", flock_size = 17 }
}
